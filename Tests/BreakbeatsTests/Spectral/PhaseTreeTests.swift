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

  private func directions(_ pictures: [[Float]], on backend: SpectralBackend) throws -> [Float] {
    let x = Tensor.input([pictures.count, Self.frames, Self.bins])
    return try backend.values(
      of: PhaseTree.directions(of: x, gradient: Self.gradient, seed: 5),
      given: [x: pictures.flatMap { $0 }])
  }

  /// The definition in Double: Prim's algorithm over the same weights and edge numbers.
  private func expected(_ magnitudes: [Float]) -> [Double] {
    let (frames, bins, count) = (Self.frames, Self.bins, Self.frames * Self.bins)
    let peak = magnitudes.max() ?? 0
    let scale = Float(sign: .plus, exponent: -Int(peak.exponent) - 1, significand: 1)
    let levels = magnitudes.map { max($0 * scale, 0x1p-17) }
    let leaning = levels.indices.map { levels[$0] * (1 - 0x1p-8 * Float($0 % bins)) }
    let log = levels.map { Foundation.log(Double($0)) }
    func node(_ frame: Int, _ bin: Int) -> Int {
      (frame + frames) % frames * bins + (bin < 0 ? -bin : bin < bins ? bin : 2 * bins - 2 - bin)
    }
    let (n, r, gamma) = (64.0, 8.0, 0.25645 * 48 * 48)
    func alongTime(_ i: Int) -> Double {
      let (m, k) = (i / bins, i % bins)
      return r * n / (2 * gamma) * (log[node(m, k + 1)] - log[node(m, k - 1)])
        + 2 * .pi * r * Double(k) / n
    }
    func alongFrequency(_ i: Int) -> Double {
      let (m, k) = (i / bins, i % bins)
      return -gamma / (2 * r * n) * (log[node(m + 1, k)] - log[node(m - 1, k)])
    }
    var phases = [Double](repeating: .nan, count: count)
    phases[0] = 0
    for _ in 1..<count {
      var best = (weight: Float(-1), edge: 0, target: 0, phase: 0.0)
      for edge in 0..<2 * count where edge % 2 == 0 || edge / 2 % bins < bins - 1 {
        let a = edge / 2
        let b = edge % 2 == 1 ? a + 1 : (a + bins) % count
        let weight = leaning[a] * leaning[b]
        guard phases[a].isNaN != phases[b].isNaN, weight > best.weight else { continue }
        let slope = edge % 2 == 1 ? alongFrequency : alongTime
        let step = (slope(a) + slope(b)) / 2
        best =
          phases[b].isNaN
          ? (weight, edge, b, phases[a] + step) : (weight, edge, a, phases[b] - step)
      }
      phases[best.target] = best.phase
    }
    let reference = phases[heaviestEdge(leaning) / 2]
    return phases.map { $0 - reference }
  }

  /// The number of the heaviest edge between nodes of these levels, the lowest of equals.
  private func heaviestEdge(_ levels: [Float]) -> Int {
    let (bins, count) = (Self.bins, levels.count)
    var best = (weight: Float(-1), edge: 0)
    for edge in 0..<2 * count where edge % 2 == 0 || edge / 2 % bins < bins - 1 {
      let a = edge / 2
      let weight = levels[a] * levels[edge % 2 == 1 ? a + 1 : (a + bins) % count]
      if weight > best.weight { best = (weight, edge) }
    }
    return best.edge
  }

  @Test(arguments: [Picture.noise, .coarse, .staircase])
  func phasesFollowTheMaximumSpanningTree(_ picture: Picture) throws {
    let result = try directions([picture.magnitudes], on: SpectralBackend(backend: CPUBackend()))
    let phases = expected(picture.magnitudes)
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
  @Test(arguments: SpectralBackend.all)
  func everyPictureHasDirectionsThatAllBackendsShare(_ backend: SpectralBackend) throws {
    let pictures = Picture.allCases.map(\.magnitudes)
    let result = try directions(pictures, on: backend)
    let reference = try directions(pictures, on: SpectralBackend(backend: CPUBackend()))
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
    #expect(try directions(pictures, on: backend) == result)
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
