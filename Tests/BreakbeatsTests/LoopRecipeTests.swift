import BreakbeatExplorer
import Breakbeats
import Foundation
import Testing

/// What the explorer writes into the files that it saves.
@Suite struct LoopRecipeTests {
  private struct Read: Decodable, Equatable {
    struct Point: Decodable, Equatable {
      var seed: UInt64?
      var item: Int?
      var dataItem: Int?
      var offsets: [String: Double]
    }
    var version, model: String
    var modelDigest, dataDigest: String?
    var from: Point
    var to: Point?
    var morph: Double?
    var latents: [Float]
    var bpm: Double?
    var iterations: Int
  }

  private let space = LatentSpace(
    LatentGaussian(mean: [1, 2, 3], factor: [0.3, 0, 0, 0.1, 0.7, 0, 0.2, 0.4, 0.9]),
    directions: [.init(name: "one", vector: [0.6, 0.8, 0], spread: 0.7)],
    items: [
      .init(latents: [0, 0, 0], name: "item 2", number: 2),
      .init(latents: [0.1, -1 / 3, 1e-7], name: "item 40", number: 40),
    ])
  private let origin = Recipe.Origin(
    version: "1.2.3", model: "breaks", modelDigest: "a0", dataDigest: "b1")

  private func read(_ request: LoopRequest, _ latents: [Float]) throws -> Read {
    let recipe = Recipe(request, latents: latents, in: space, from: origin)
    #expect(!recipe.json().contains("\n"))
    return try JSONDecoder().decode(Read.self, from: Data(recipe.json().utf8))
  }

  @Test func aSeedNeedsTheModelOnly() throws {
    let request = try LoopRequest([("seed", "18446744073709551615")])
    let latents = try space.latents(of: request)
    #expect(latents == space.gaussian.sample(seed: .max, index: 0))
    #expect(
      try read(request, latents)
        == Read(
          version: "1.2.3", model: "breaks", modelDigest: "a0", dataDigest: nil,
          from: .init(seed: .max, offsets: [:]), to: nil, morph: nil, latents: latents, bpm: nil,
          iterations: 32))
  }

  @Test func aMorphFromAnItemNamesTheDataAndEveryNumber() throws {
    let request = try LoopRequest([
      ("item", "1"), ("offsets", "1:-0.5"), ("toSeed", "7"), ("morph", "0.25"), ("bpm", "90.5"),
      ("iterations", "8"),
    ])
    let latents = try space.latents(of: request)
    let recipe = try read(request, latents)
    #expect(
      recipe
        == Read(
          version: "1.2.3", model: "breaks", modelDigest: "a0", dataDigest: "b1",
          from: .init(item: 1, dataItem: 40, offsets: ["1": -0.5]),
          to: .init(seed: 7, offsets: [:]), morph: 0.25, latents: latents, bpm: 90.5,
          iterations: 8))
    // Three quarters of the item, moved by half a deviation of 0.7 along (0.6, 0.8, 0).
    let seed = space.gaussian.sample(seed: 7, index: 0)
    for (index, moved) in [0.1 - 0.21, -1 / 3 - 0.28, 1e-7].enumerated() {
      let expected = 0.75 * moved + 0.25 * Double(seed[index])
      #expect(abs(Double(recipe.latents[index]) - expected) < 1e-5, "number \(index)")
    }
  }

  @Test func anItemAtTheOtherEndNamesTheDataToo() throws {
    let request = try LoopRequest([("seed", "1"), ("toItem", "0"), ("morph", "1")])
    let recipe = try read(request, space.latents(of: request))
    #expect(recipe.dataDigest == "b1")
    #expect(recipe.to?.dataItem == 2)
    #expect(recipe.latents == [0, 0, 0])
  }
}
