import Foundation
import SpectralAudio
import Tensors
import Testing

@Suite struct SpectralMelTests {
  let bank = MelFilterBank(
    sampleRate: 8000, fftSize: 64, bands: 19, minimumFrequency: 0, maximumFrequency: 4000,
    melScale: .slaney, normalization: .wide)

  /// M a, in Double, for one frame.
  private func bands(_ power: [Double]) -> [Double] {
    (0..<bank.bands).map { band in
      (0..<bank.bins).reduce(0) { $0 + Double(bank.weights[band * bank.bins + $1]) * power[$1] }
    }
  }

  /// Mᵀ r, in Double, for one frame.
  private func backProjection(_ ratio: [Double]) -> [Double] {
    (0..<bank.bins).map { bin in
      (0..<bank.bands).reduce(0) { $0 + Double(bank.weights[$1 * bank.bins + bin]) * ratio[$1] }
    }
  }

  private func positiveNoise(_ count: Int, seed: UInt64) -> [Float] {
    spectralNoise(count, seed: seed).map { $0 * $0 + 0.001 }
  }

  @Test(arguments: SpectralBackend.all)
  func bandPowerIsTheBankTimesThePower(_ backend: SpectralBackend) throws {
    let frames = 5
    let values = positiveNoise(frames * bank.bins, seed: 1)
    let power = Tensor.input([1, frames, bank.bins])
    let result = try backend.values(
      of: MelTransform(bank).bandPower(of: power), given: [power: values])
    var expected = [Double](repeating: 0, count: bank.bands * frames)
    for frame in 0..<frames {
      let row = values[frame * bank.bins..<(frame + 1) * bank.bins].map(Double.init)
      for (band, value) in bands(row).enumerated() { expected[band * frames + frame] = value }
    }
    #expect(relativeError(result, expected) < 1e-6)
  }

  /// Eleven frames: more than the eight that the CPU solves together.
  @Test(arguments: SpectralBackend.all, [0, 1, 10])
  func richardsonLucyFollowsItsFormula(_ backend: SpectralBackend, _ steps: Int) throws {
    let (items, frames) = (2, 11)
    let values = positiveNoise(items * bank.bands * frames, seed: 2)
    let input = Tensor.input([items, bank.bands, frames])
    let result = try backend.values(
      of: MelTransform(bank).power(from: input, by: .richardsonLucy(steps: steps)),
      given: [input: values])
    let sums = backProjection([Double](repeating: 1, count: bank.bands))
    var expected: [Double] = []
    for item in 0..<items {
      for frame in 0..<frames {
        let target = (0..<bank.bands).map {
          Double(values[(item * bank.bands + $0) * frames + frame])
        }
        var estimate = zip(backProjection(target), sums).map { $1 > 0 ? $0 / $1 : 0 }
        for _ in 0..<steps {
          let ratio = zip(target, bands(estimate)).map { $0 / $1 }
          estimate = zip(estimate, zip(backProjection(ratio), sums)).map {
            $1.1 > 0 ? $0 * $1.0 / $1.1 : 0
          }
        }
        expected += estimate
      }
    }
    #expect(relativeError(result, expected) < 1e-5)
  }

  @Test(
    arguments: SpectralBackend.all,
    [
      (MelInversion.richardsonLucy(steps: 100), 2e-2), (.nonNegativeLeastSquares(), 1e-3),
      (.pseudoInverse, 1e-4),
    ])
  func invertedBandsHaveTheirPowerAgain(
    _ backend: SpectralBackend, _ choice: (method: MelInversion, tolerance: Double)
  ) throws {
    let mel = MelTransform(bank)
    // A smooth spectrum, which no method has to cut off.
    let frames = 3
    let values = (0..<frames * bank.bins).map { Float(2 + sin(Double($0) * 0.4)) }
    let power = Tensor.input([1, frames, bank.bins])
    let bands = mel.bandPower(of: power)
    let inverted = mel.power(from: bands, by: choice.method)
    let results = try backend.values(
      of: [bands, mel.bandPower(of: inverted), inverted], given: [power: values])
    #expect(relativeError(results[1], results[0]) < choice.tolerance)
    #expect((results[2].min() ?? -1) >= 0)
  }

  @Test(arguments: SpectralBackend.all)
  func stepsByMatrixProductsAreTheSame(_ backend: SpectralBackend) throws {
    let mel = MelTransform(bank)
    let rows = Tensor.input([6, bank.bands])
    let bands = rows.reshaped(to: [2, 3, bank.bands]).permuted(to: [0, 2, 1])
    let results = try backend.values(
      of: [
        mel.richardsonLucy(rows, steps: 4), mel.power(from: bands, by: .richardsonLucy(steps: 4)),
      ],
      given: [rows: positiveNoise(rows.shape.count, seed: 3)])
    #expect(relativeError(results[0], results[1]) < 1e-5)
  }

  @Test(arguments: SpectralBackend.all)
  func silenceInvertsToSilence(_ backend: SpectralBackend) throws {
    let bands = Tensor.input([1, bank.bands, 2])
    let result = try backend.values(
      of: MelTransform(bank).power(from: bands, by: .richardsonLucy(steps: 3)),
      given: [bands: [Float](repeating: 0, count: bands.shape.count)])
    #expect(result.allSatisfy { $0 == 0 })
  }

  @Test(arguments: SpectralBackend.all)
  func brightnessIsTheLevelInDecibels(_ backend: SpectralBackend) throws {
    let level = PictureLevel(reference: 20, range: 80)
    let power = Tensor.input([5])
    let picture = level.picture(of: power)
    let results = try backend.values(
      of: [picture, level.power(of: picture), level.decibels(of: power)],
      given: [power: [1000, 100, 1, 1e-6, 0]])
    #expect(relativeError(results[0], [1, 1, 0.75, 0, 0] as [Float]) < 1e-6)
    #expect(relativeError(results[1], [100, 100, 1, 1e-6, 1e-6] as [Float]) < 1e-5)
    #expect(relativeError(results[2], [30, 20, 0, -60, -100] as [Float]) < 1e-6)
  }

  @Test(arguments: SpectralBackend.all)
  func leastSquaresFindsTheExactSolution(_ backend: SpectralBackend) throws {
    // min ‖Wx - m‖, x ≥ 0: the unbounded solution of the second is (3, -1).
    let solver = NonNegativeLeastSquares(matrix: [1, 1, 1, 2, 0, 1], rows: 3, columns: 2)
    let targets = Tensor.constant([5, 8, 3, 2, 1, -1], shape: [2, 3])
    let result = try backend.values(of: solver.solution(for: targets))
    #expect(relativeError(result, [2, 3, 1.5, 0] as [Float]) < 1e-5)
  }
}
