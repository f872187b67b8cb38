/// How frames lie on a signal of T samples, with Fourier length N and window length W.
///
/// A window shorter than N is centred in it.
public enum Framing: Sendable, Hashable {
  /// The signal is a loop: frame m is centred on sample m · hop, and there are T / hop frames.
  case circular
  /// Frame m is centred on sample m · hop, with N / 2 samples of padding at both ends: 1 + T / hop
  /// frames. librosa's `center=True`.
  case centered(FrameGeometry.Boundary = .zero)
  /// Frame m begins at sample m · hop, no padding: 1 + (T - N) / hop frames. librosa's
  /// `center=False`.
  case inside

  /// The geometry of windows of size W on a signal of T samples.
  func geometry(sampleCount: Int, fftSize: Int, windowSize: Int, hop: Int) -> FrameGeometry {
    let margin = (fftSize - windowSize) / 2
    switch self {
    case .circular:
      precondition(
        sampleCount % hop == 0,
        "circular frames: hop \(hop) does not divide \(sampleCount) samples")
      return FrameGeometry(
        frameSize: windowSize, hop: hop, frameCount: sampleCount / hop, sampleCount: sampleCount,
        offset: fftSize / 2 - margin, boundary: .circular)
    case .centered(let boundary):
      precondition(boundary != .circular, "centered frames: say `.circular` for a loop")
      return FrameGeometry(
        frameSize: windowSize, hop: hop,
        frameCount: 1 + (sampleCount + fftSize / 2 * 2 - fftSize) / hop, sampleCount: sampleCount,
        offset: fftSize / 2 - margin, boundary: boundary)
    case .inside:
      precondition(
        sampleCount >= fftSize, "frames of \(fftSize) samples in a signal of \(sampleCount)")
      return FrameGeometry(
        frameSize: windowSize, hop: hop, frameCount: 1 + (sampleCount - fftSize) / hop,
        sampleCount: sampleCount, offset: -margin, boundary: .zero)
    }
  }
}

/// The sample of a frame at which the phases of its spectrum are measured.
public enum PhaseOrigin: Sendable, Hashable {
  /// The centre, sample N / 2: a click in the middle of a frame has phase 0.
  case center
  /// Sample 0, as in librosa and FFT libraries.
  case start
}
