import Foundation
import SpectralAudio
import Tensors
import Testing

/// The golden cases of stft, mel_db, mel_inverse and griffinlim, on every backend.
@Suite(.enabled(if: SpectralGolden.folder != nil, "\(SpectralGolden.missing)"))
struct SpectralGoldenTests {
  private func transform(_ golden: SpectralGolden, sampleCount: Int) throws
    -> ShortTimeFourierTransform
  {
    let parameters = golden.parameters
    let size = try #require(parameters.nFft)
    let window =
      golden.has("window")
      ? AnalysisWindow(try golden.values("window").map(Double.init))
      : .hann(parameters.winLength ?? size)
    let padding: FrameGeometry.Boundary = parameters.padMode == "reflect" ? .reflect : .zero
    return ShortTimeFourierTransform(
      sampleCount: sampleCount, fftSize: size, window: window, hop: try #require(parameters.hop),
      framing: parameters.center == false ? .inside : .centered(padding), phaseOrigin: .start)
  }

  @Test(arguments: SpectralBackend.all)
  func shortTimeFourierTransform(_ backend: SpectralBackend) throws {
    for golden in try SpectralGolden.cases(of: "stft") {
      let signal = try golden.values("signal")
      let transform = try transform(golden, sampleCount: signal.count)
      let spectrum = transform.spectrum(of: .constant(signal, shape: [1, signal.count]))
      let parts = spectrum.permuted(to: [2, 0, 3, 1])
      var outputs = [magnitude(spectrum).permuted(to: [0, 2, 1])]
      var expected = [try golden.values("magnitude")]
      if golden.has("real") {
        outputs.append(parts)
        expected.append(try golden.values("real") + golden.values("imag"))
      }
      if golden.has("istft") {
        outputs.append(transform.inverse(spectrum))
        expected.append(try golden.values("istft"))
      }
      if golden.has("random_istft") {
        let random = Tensor.constant(
          try golden.values("random_real") + golden.values("random_imag"), shape: parts.shape)
        outputs.append(transform.inverse(random.permuted(to: [1, 3, 0, 2])))
        expected.append(try golden.values("random_istft"))
      }
      for (result, expected) in zip(try backend.values(of: outputs), expected) {
        #expect(relativeError(result, expected) < 1e-5, "\(golden.name)")
      }
    }
  }

  @Test(arguments: SpectralBackend.all)
  func melPictures(_ backend: SpectralBackend) throws {
    for golden in try SpectralGolden.cases(of: "mel_db") {
      let parameters = golden.parameters
      let signal = try golden.values("signal")
      let rate = try #require(parameters.sr)
      let bank = MelFilterBank(
        sampleRate: rate, fftSize: try #require(parameters.nFft),
        bands: try #require(parameters.nMels), minimumFrequency: 0, maximumFrequency: rate / 2,
        melScale: parameters.htk == true ? .htk : .slaney, normalization: .slaney)
      let spectrogram = LogMelSpectrogram(
        transform: try transform(golden, sampleCount: signal.count), mel: MelTransform(bank),
        level: PictureLevel(
          reference: try #require(parameters.refDb), range: try #require(parameters.topDb)))
      let x = Tensor.constant(signal, shape: [1, signal.count])
      let results = try backend.values(
        of: [spectrogram.bandPower(of: x), spectrogram.pictures(of: x)])
      #expect(relativeError(results[0], try golden.values("mel_power")) < 1e-5, "\(golden.name)")
      let differences = zip(results[1], try golden.values("image")).map { Swift.abs($0 - $1) }
      #expect(differences.max() ?? 1 < 2e-4, "\(golden.name)")
    }
  }

  @Test(arguments: SpectralBackend.all)
  func melInverse(_ backend: SpectralBackend) throws {
    for golden in try SpectralGolden.cases(of: "mel_inverse") {
      let (sizes, frames) = (golden.sizes("weights"), golden.sizes("mel")[1])
      let weights = try golden.values("weights")
      let mel = Tensor.constant(try golden.values("mel"), shape: [sizes[0], frames]).transposed()
      let solver = NonNegativeLeastSquares(matrix: weights, rows: sizes[0], columns: sizes[1])
      let solution = solver.solution(for: mel)
      let rebuilt = matrixProduct(
        solution, .constant(weights, shape: Shape(sizes)), transposeRight: true)
      let residual = sqrt(square(rebuilt - mel).sum() / square(mel).sum())
      let results = try backend.values(of: [solution.transposed(), residual])
      #expect((results[0].min() ?? -1) >= 0, "\(golden.name)")
      let limit = max(1.1 * (try #require(golden.parameters.residual)), 1e-3)
      #expect(Double(results[1][0]) <= limit, "\(golden.name)")
      if golden.parameters.unique == true {
        #expect(relativeError(results[0], try golden.values("solution")) < 1e-4, "\(golden.name)")
      }
    }
  }

  @Test(arguments: SpectralBackend.all)
  func griffinLim(_ backend: SpectralBackend) throws {
    for golden in try SpectralGolden.cases(of: "griffinlim") {
      let sizes = golden.sizes("magnitude")
      let transform = try transform(golden, sampleCount: golden.sizes("audio_1")[0])
      let magnitudes = Tensor.constant(
        try golden.values("magnitude"), shape: [1, sizes[0], sizes[1]]
      ).permuted(to: [0, 2, 1])
      var start = PhaseStart.zero
      if golden.has("init_phase") {
        let phases = try golden.values("init_phase")
        let byFrames = (0..<phases.count).map { phases[$0 % sizes[0] * sizes[1] + $0 / sizes[0]] }
        start = .given(.phasors(byFrames, frames: sizes[1]))
      }
      let momentum = try #require(golden.parameters.momentum)
      // SwiftShader takes minutes for 64 rounds of matrix products, and later rounds run the same
      // kernels on the same shapes.
      let rounds = backend.backend.name.contains("SwiftShader") ? 8 : 64
      let counts = [1, 2, 4]
      let sounds = counts.map { count in
        transform.inverse(
          PhaseRetrieval.fast(momentum: momentum, iterations: count).spectrum(
            magnitudes: magnitudes, start: start, projection: transform))
      }
      let curve = PhaseRetrieval.fast(momentum: momentum, iterations: rounds).measuredSpectrum(
        magnitudes: magnitudes, start: start, projection: transform
      ).convergence
      // One program: the first rounds are computed once.
      let results = try backend.values(of: sounds + curve)
      for (index, count) in counts.enumerated() {
        let error = relativeError(results[index], try golden.values("audio_\(count)"))
        #expect(error < 1e-3, "\(golden.name) after \(count)")
      }
      for (count, expected) in try golden.values("convergence").prefix(rounds + 1).enumerated() {
        let error = Swift.abs(results[counts.count + count][0] - expected)
        #expect(error < (count <= 8 ? 2e-3 : 5e-3), "\(golden.name) after \(count)")
      }
    }
  }
}
