import BreakbeatTraining
import Breakbeats
import Foundation
import NeuralNetworks
import SpectralAudio
import Tensors
import Testing

@Suite struct LatentDescriptionTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// Two directions in the 32 latents of `tiny`.
  private var description: LatentDescription {
    var first = [Float](repeating: 0, count: 32)
    var second = first
    first[3] = 1
    (second[0], second[1]) = (0.6, -0.8)
    return LatentDescription(
      spreads: (0..<32).map { 1 + Float($0) },
      descriptors: [
        .init(name: "brightness", unit: "of the scale", spread: 0.1),
        .init(name: "loudness", unit: "dB", spread: 3),
      ],
      directions: [
        .init(vector: first, spread: 2, share: 0.5, strongest: 1, changes: [0.01, 1.5]),
        .init(vector: second, spread: 0.5, share: 0.25, strongest: 0, changes: [0.05, -0.1]),
      ])
  }

  private func write(_ description: LatentDescription?) throws -> String {
    let path = folder("model.safetensors")
    let parameters = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
    _ = try BreakbeatVAE(.tiny, parameters)
    try ModelFile.write(
      .tiny, variables: parameters.variables, latents: nil, description: description, to: path)
    return path
  }

  @Test func aDescriptionComesBackAsItWas() throws {
    #expect(try ModelFile(contentsOf: write(description)).latentDescription == description)
    #expect(try ModelFile(contentsOf: write(nil)).latentDescription == nil)
  }

  @Test func stepsAreStandardDeviations() throws {
    let latents = (0..<32).map { Float($0) / 8 }
    let moved = try description.moving(
      latents, by: [.init(direction: 1, amount: 2), .init(direction: 2, amount: -1)])
    #expect(moved[3] == latents[3] + 4)
    #expect(abs(moved[0] - (latents[0] - 0.3)) < 1e-6 && abs(moved[1] - (latents[1] + 0.4)) < 1e-6)
    #expect(moved[5...] == latents[5...])
    for move in [LatentMove(direction: 3, amount: 1), .init(direction: 1, amount: .nan)] {
      #expect(throws: BreakbeatError.self) { try description.moving(latents, by: [move]) }
    }
  }

  @Test func theGeneratorMovesItsDraws() async throws {
    let generator = try BreakbeatGenerator(contentsOf: write(description), device: "cpu")
    let plain = try generator.sampledLatents(count: 2, seed: 7)
    let moved = try generator.sampledLatents(
      count: 2, seed: 7, moving: [.init(direction: 1, amount: 1)])
    #expect(moved[1][3] == plain[1][3] + 2 && moved[1][4] == plain[1][4])
    let bare = try BreakbeatGenerator(contentsOf: write(nil), device: "cpu")
    #expect(throws: BreakbeatError.self) {
      try bare.sampledLatents(count: 1, seed: 7, moving: [.init(direction: 1, amount: 1)])
    }
  }

  /// Changes the JSON of a description in a file, lengths kept.
  @Test(arguments: [
    ("\\\"version\\\":1", "\\\"version\\\":2"), ("\\\"version\\\":1", "\\\"version\\\":x"),
    ("\\\"strongest\\\":1", "\\\"strongest\\\":7"), ("\\\"share\\\":0.5", "\\\"share\\\":9.5"),
    ("\\\"changes\\\":[0.01,1.5]", "\\\"changes\\\":[0.01,   ]"),
    ("\\\"changes\\\":[0.01,1.5]", "\\\"changes\\\":[0.01  5]"),
    ("\\\"spread\\\":3", "\\\"spread\\\":-"), ("loudness", "loud\u{1}ess"),
    ("\"latents.spread\"", "\"latents.sprawl\""),
    ("\"latents.directionSpreads\"", "\"latents.directionSpreadz\""),
  ])
  func damagedDescriptionsAreRefused(_ old: String, _ new: String) throws {
    let path = try write(description)
    var bytes = try Data(contentsOf: URL(filePath: path))
    let range = try #require(bytes.range(of: Data(old.utf8)), "\(old)")
    var replacement = Data(new.utf8)
    while replacement.count < range.count { replacement.append(0x20) }
    try #require(replacement.count == range.count)
    bytes.replaceSubrange(range, with: replacement)
    try bytes.write(to: URL(filePath: path))
    #expect(throws: (any Error).self) { try ModelFile(contentsOf: path) }
  }

  /// Points spread along (3, 4)/5 by 2 and across by 1, around (1, 1).
  @Test func principalDirectionsAreThoseOfTheSpread() throws {
    var points: [[Float]] = []
    for (along, across) in [(2.0, 1.0), (-2, 1), (2, -1), (-2, -1)] {
      points.append([
        Float(1 + along * 0.6 - across * 0.8), Float(1 + along * 0.8 + across * 0.6), 5,
      ])
    }
    let principal = PrincipalDirections(of: points, count: 3)
    #expect(principal.vectors.count == 2)
    #expect(abs(principal.total - 5) < 1e-5)
    for (variance, wanted) in zip(principal.variances, [4.0, 1]) {
      #expect(abs(variance - wanted) < 1e-5)
    }
    for (value, wanted) in zip(principal.vectors[0], [0.6, 0.8, 0]) {
      #expect(abs(value - wanted) < 1e-5)
    }
  }

  /// 40 numbers whose variances fall by a tenth each, turned by reflections.
  @Test func manyDimensionsAreFoundInOrder() {
    let size = 40
    var random = PhiloxStream(seed: 2)
    let axis = (0..<size).map { _ in random.uniform() - 0.5 }
    let length = axis.reduce(0) { $0 + $1 * $1 }
    var points: [[Float]] = []
    for index in 0..<size {
      for sign in [-1.0, 1] {
        var point = [Double](repeating: 0, count: size)
        point[index] = sign * pow(0.9, Double(index)) * Double(size).squareRoot()
        let part = zip(point, axis).reduce(0) { $0 + $1.0 * $1.1 } * 2 / length
        points.append(zip(point, axis).map { Float($0 - part * $1) })
      }
    }
    let principal = PrincipalDirections(of: points, count: 6)
    for (index, variance) in principal.variances.enumerated() {
      #expect(abs(variance / pow(0.81, Double(index)) - 1) < 1e-3, "\(principal.variances)")
    }
  }

  /// After some training, a step along each direction changes its descriptor as the file says.
  @Test func trainedModelsSayWhatDirectionsDo() async throws {
    let data = try await TestData.pictures(.tiny, count: 80)
    var settings = TrainingSettings(.tiny, steps: 40, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 16
    let trainer = try Trainer(settings, data: data, choice: BackendChoice(matching: "cpu"))
    for _ in 0..<40 { _ = try await trainer.takeStep() }
    let path = folder("trained.safetensors")
    try await trainer.writeModel(to: path)
    let generator = try BreakbeatGenerator(contentsOf: path, device: "cpu")
    let description = try #require(generator.latentDescription)
    #expect(description.directions.count == 8)
    #expect(description.directions.map(\.share).reduce(0, +) <= 1.001)
    #expect(description.spreads.allSatisfy { $0 > 0 })

    let direction = description.directions[0]
    #expect(direction.changes[direction.strongest] > 0)
    let items = Array(data.trainingIndices.prefix(24))
    let bases = try await generator.encode(
      items.map {
        SpectrogramImage(
          bands: data.settings.bands, frames: data.settings.frames, levels: data.pixels(of: $0))
      })
    func mean(_ amount: Double) async throws -> Double {
      let moved = try bases.map {
        try description.moving($0, by: [.init(direction: 1, amount: amount)])
      }
      let values = try await generator.decode(moved).map {
        LoopDescriptors($0.levels, data.settings).values[direction.strongest]
      }
      return values.reduce(0, +) / Double(values.count)
    }
    let change = (try await mean(1) - mean(-1)) / 2
    // Other pictures than those it was measured with: the same sign and size.
    #expect(
      (0.3...3).contains(change / direction.changes[direction.strongest]),
      "\(change), said \(direction.changes[direction.strongest])")
  }
}
