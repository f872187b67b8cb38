import Foundation
import SpectralAudio
import Tensors
import Testing

/// Phases along a maximum spanning tree: the tree, any input, every backend.
@Suite struct PhaseTreeTests {
  static let gradient = PhaseGradient(fftSize: 64, windowSize: 48, hop: 8)
  static let (frames, bins) = (21, 33)

  /// Pictures that try the tree's construction.
  enum Picture: String, CaseIterable, Sendable {
    case noise, silence, constant, ramp, fallingRamp, staircase, spike, huge, tiny, notNumbers
    case coarse

    var magnitudes: [Float] {
      let noise = spectralNoise(frames * bins, seed: 9).map { $0 * $0 }
      return noise.enumerated().map { index, value in
        let (frame, bin) = index.quotientAndRemainder(dividingBy: bins)
        switch self {
        case .noise: return value
        case .silence: return 0
        case .constant: return 0.25
        // Every node's best edge leads the same way: the longest chains there are.
        case .ramp: return Float(index + 1)
        case .fallingRamp: return Float(frames * bins - index)
        case .staircase: return Float(1 << (frame / 4)) + Float(bin / 8)
        case .spike: return index == 300 ? 1 : 1e-9
        case .huge: return value * 1e30
        case .tiny: return value * 1e-30
        case .notNumbers: return index % 7 == 0 ? .nan : index % 11 == 0 ? .infinity : value
        // Most weights are equal: edge numbers decide.
        case .coarse: return (value * 3).rounded(.up)
        }
      }
    }
  }

  private func directions(
    _ pictures: [[Float]], framesPerNode: Int = 1, on backend: SpectralBackend
  ) throws -> [Float] {
    let x = Tensor.input([pictures.count, Self.frames, Self.bins])
    let tree = PhaseTree.directions(
      of: x, gradient: Self.gradient, seed: 5, framesPerNode: framesPerNode)
    return try backend.values(of: tree, given: [x: pictures.flatMap { $0 }])
  }

  @Test(arguments: [Picture.noise, .coarse, .staircase], [1, 2])
  func phasesFollowTheMaximumSpanningTree(_ picture: Picture, framesPerNode: Int) throws {
    let result = try directions(
      [picture.magnitudes], framesPerNode: framesPerNode, on: SpectralBackend(backend: CPUBackend())
    )
    let phases = PhaseTreeReference(
      magnitudes: picture.magnitudes, frames: Self.frames, bins: Self.bins,
      framesPerNode: framesPerNode
    ).phases()
    let weakest = 1e-4 * Double(picture.magnitudes.max() ?? 0)
    for frame in 0..<Self.frames {
      for bin in 1..<Self.bins - 1
      where Double(picture.magnitudes[frame * Self.bins + bin]) > weakest {
        let place = 2 * frame * Self.bins + bin
        let phase = phases[frame * Self.bins + bin]
        #expect(Swift.abs(Double(result[place]) - cos(phase)) < 1e-4)
        #expect(Swift.abs(Double(result[place + Self.bins]) - sin(phase)) < 1e-4)
      }
    }
  }

  /// All pictures in one batch: each has its own number of rounds.
  @Test(arguments: SpectralBackend.all, [1, 2])
  func everyPictureHasDirectionsThatAllBackendsShare(
    _ backend: SpectralBackend, framesPerNode: Int
  ) throws {
    let pictures = Picture.allCases.map(\.magnitudes)
    let result = try directions(pictures, framesPerNode: framesPerNode, on: backend)
    let reference = try directions(
      pictures, framesPerNode: framesPerNode, on: SpectralBackend(backend: CPUBackend()))
    let size = 2 * Self.frames * Self.bins
    for (index, picture) in Picture.allCases.enumerated() {
      let item = Array(result[index * size..<(index + 1) * size])
      for place in 0..<size where place / Self.bins % 2 == 0 {
        let (x, y) = (item[place], item[place + Self.bins])
        #expect(Swift.abs(x * x + y * y - 1) < 1e-5, "\(picture)")
        let bin = place % Self.bins
        if bin == 0 || bin == Self.bins - 1 { #expect(y == 0 && Swift.abs(x) == 1, "\(picture)") }
      }
      // Phases are far from where a sign of the real bins could flip.
      let error = relativeError(item, Array(reference[index * size..<(index + 1) * size]))
      #expect(error < 1e-3, "\(picture) on \(backend.testDescription): \(error)")
    }
    #expect(try directions(pictures, framesPerNode: framesPerNode, on: backend) == result)
  }

  /// Bins that a picture does not tell apart are equal but for rounding, which is another one on
  /// every device.
  @Test func roundingDoesNotChooseAmongEqualBins() throws {
    let backend = SpectralBackend(backend: CPUBackend())
    let steps = Picture.noise.magnitudes.indices.map { index in
      Picture.noise.magnitudes[index - index % Self.bins % 4] + 0.1
    }
    let result = try directions([steps], on: backend)
    for seed in 1...8 as ClosedRange<UInt64> {
      let rounded = zip(steps, spectralNoise(steps.count, seed: seed)).map { $0 * (1 + 2e-7 * $1) }
      #expect(relativeError(try directions([rounded], on: backend), result) < 1e-4, "seed \(seed)")
    }
  }

  @Test func weakBinsTakeTheSeedsPhases() throws {
    let backend = SpectralBackend(backend: CPUBackend())
    let x = Tensor.input([2, Self.frames, Self.bins])
    let spike = Picture.spike.magnitudes
    let results = try [1, 1, 2].map { seed in
      try backend.values(
        of: PhaseTree.directions(of: x, gradient: Self.gradient, seed: seed),
        given: [x: spike + spike])
    }
    #expect(results[0] == results[1])
    #expect(results[0] != results[2])
    // The same for every item.
    let half = results[0].count / 2
    #expect(Array(results[0][..<half]) == Array(results[0][half...]))
  }

  /// What the tree is for: a start near the end, on something like drums.
  @Test func theStartIsWorthManyIterations() throws {
    let settings = SpectrogramSettings(
      sampleRate: 8000, fftSize: 128, windowSize: 128, hop: 16, frames: 64, bands: 40, bars: 1)
    let transform = ShortTimeFourierTransform(settings)
    let x = Tensor.input([1, settings.loopSampleCount])
    let magnitudes = magnitude(transform.spectrum(of: x))
    let tree = PhaseRetrieval.accelerated(iterations: 0).measuredSpectrum(
      magnitudes: magnitudes, start: .tree(), projection: transform)
    let random = PhaseRetrieval.accelerated(iterations: 8).measuredSpectrum(
      magnitudes: magnitudes, start: .random(seed: 1), projection: transform)
    let results = try SpectralBackend(backend: CPUBackend()).values(
      of: [tree.convergence[0], random.convergence[8]],
      given: [x: drumLikeLoop(settings.loopSampleCount)])
    #expect(results[0][0] < 0.5)
    #expect(results[0][0] < 2 * results[1][0])
  }
}
