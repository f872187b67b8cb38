public import Tensors

/// The short-time Fourier transform of real signals and its least-squares inverse, as matrix
/// products with the window folded in: no FFT.
///
///     X[m, k] = Σ_n w[n] x[m · hop - offset + n] e^(-j2πkn/N)
///     x[t]    = Σ_m s[t - m · hop] (1/N) Σ_k X[m, k] e^(j2πk(t - m · hop)/N),  s = w / Σ_m w²
///
/// Spectra are tensors of shape [B, M, 2, N/2 + 1]: items, frames, real and imaginary part, bins.
/// Only the W rows of the Fourier matrix under the window are stored, and each matrix is computed
/// when an expression first needs it. They are constants of this value: make one and use it in every
/// program of the same settings.
///
/// **Accuracy** matrices in Double, rounded once; sums in single precision: about 1e-6 of the
/// largest magnitude.
public struct ShortTimeFourierTransform: Sendable {
  /// Length N of the Fourier transform.
  public let fftSize: Int
  /// The window w.
  public let window: AnalysisWindow
  /// Where the frames lie on the signal.
  public let geometry: FrameGeometry
  /// The sample of a frame that phases refer to.
  public let phaseOrigin: PhaseOrigin

  private let matrices: FourierMatrices
  /// 1 / Σ w² for each sample, where it is not folded into the synthesis matrix.
  private let correction: Tensor?

  /// Bins of a spectrum: N / 2 + 1.
  public var binCount: Int { fftSize / 2 + 1 }
  /// Frames M of a signal.
  public var frameCount: Int { geometry.frameCount }
  /// Samples T of a signal.
  public var sampleCount: Int { geometry.sampleCount }

  /// A transform of signals of one length.
  ///
  /// - Parameters:
  ///   - sampleCount: Samples T of a signal.
  ///   - fftSize: Length N of the Fourier transform.
  ///   - window: At most N weights, centred in N.
  ///   - hop: Samples from one frame to the next.
  ///   - framing: Where the frames lie.
  ///   - phaseOrigin: The sample of a frame that phases refer to.
  public init(
    sampleCount: Int, fftSize: Int, window: AnalysisWindow, hop: Int,
    framing: Framing = .circular, phaseOrigin: PhaseOrigin = .center
  ) {
    precondition(
      window.count <= fftSize, "a window of \(window.count) samples for a transform of \(fftSize)")
    geometry = framing.geometry(
      sampleCount: sampleCount, fftSize: fftSize, windowSize: window.count, hop: hop)
    self.fftSize = fftSize
    self.window = window
    self.phaseOrigin = phaseOrigin
    var synthesisWindow = window.values
    if geometry.boundary == .circular {
      let envelope = WindowEnvelope.endless(window.values, hop: hop)
      synthesisWindow = zip(window.values, envelope).map { $1 > 0 ? $0 / $1 : $0 }
      correction = nil
    } else {
      let envelope = WindowEnvelope.finite(window.values, geometry.with(.zero))
      let tiny = Double(Float.leastNormalMagnitude)
      correction = .constant(
        envelope.map { $0 > tiny ? Float(1 / $0) : 1 }, shape: [sampleCount])
    }
    matrices = FourierMatrices(
      fftSize: fftSize, window: window.values, synthesisWindow: synthesisWindow,
      origin: phaseOrigin)
  }

  /// The transform of spectrogram settings: circular, periodic Hann window.
  ///
  /// - Parameters:
  ///   - settings: What the spectra are for.
  ///   - hop: Another hop than that of the settings: another tempo at the same pitch.
  public init(_ settings: SpectrogramSettings, hop: Int? = nil) {
    let hop = hop ?? settings.hop
    self.init(
      sampleCount: settings.frames * hop, fftSize: settings.fftSize,
      window: .hann(settings.windowSize), hop: hop)
  }

  /// The spectra of signals: [B, T] → [B, M, 2, bins].
  ///
  /// **Cost** two dispatches, 4 · B · M · W · bins arithmetic operations.
  public func spectrum(of signals: Tensor) -> Tensor {
    let frames = signals.frames(geometry)
    let rows = frames.reshaped(to: [frames.shape[0] * frameCount, window.count])
    return matrixProduct(rows, matrices.analysis)
      .reshaped(to: [frames.shape[0], frameCount, 2, binCount])
  }

  /// The signals whose spectra are nearest in the least-squares sense: [B, M, 2, bins] → [B, T].
  ///
  /// Samples that no window reaches are 0. Where the window is symmetric about the sample that phases
  /// refer to and begins with 0, as a periodic Hann window does, real parts give the even part of a
  /// frame and imaginary parts the odd one, at half the multiplications. **Cost** four or five dispatches,
  /// 2 · B · M · W · bins arithmetic operations; with other windows two or three, and twice as many.
  public func inverse(_ spectra: Tensor) -> Tensor {
    let shape = spectra.shape
    precondition(
      shape.rank == 4 && shape[1] == frameCount && shape[2] == 2 && shape[3] == binCount,
      "inverse transform: a spectrum \(shape), expected [B, \(frameCount), 2, \(binCount)]")
    let frames = synthesized(spectra)
    let boundary: FrameGeometry.Boundary = geometry.boundary == .circular ? .circular : .zero
    let signals = frames.overlapAdded(geometry.with(boundary))
    return correction.map { signals * $0 } ?? signals
  }

  /// The windowed frames [B, M, W] of spectra [B, M, 2, bins].
  private func synthesized(_ spectra: Tensor) -> Tensor {
    let (items, rows) = (spectra.shape[0], spectra.shape[0] * frameCount)
    guard let halves = matrices.synthesisHalves else {
      return matrixProduct(
        spectra.reshaped(to: [rows, 2 * binCount]), matrices.synthesis
      ).reshaped(to: [items, frameCount, window.count])
    }
    let parts = spectra.reshaped(to: [rows, 2, binCount]).permuted(to: [1, 0, 2])
    let evenAndOdd = matrixProduct(parts, halves)
      .reshaped(to: [2, items, frameCount, window.count / 2])
    return Tensor(UnfoldedFrames(), of: [evenAndOdd])
  }
}
