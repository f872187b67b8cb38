/// How the phase of a spectrum follows from its magnitudes A, for windows that resemble a Gaussian
/// e^(-πn²/γ): with L = log A, in radians,
///
///     φ[m+1, k] - φ[m, k] ≈ (RN / 2γ) (L[m, k+1] - L[m, k-1]) + 2πRk/N
///     φ[m, k+1] - φ[m, k] ≈ -(γ / 2RN) (L[m+1, k] - L[m-1, k])
///
/// (phases measured at the window's centre), each averaged over both ends of the step: the
/// trapezoidal rule. Frames wrap around; magnitudes are mirrored at DC and Nyquist.
///
/// Source: Průša, Balazs and Søndergaard, "A noniterative method for reconstruction of phase from
/// STFT magnitude" (2017), equations 20 and 21.
public struct PhaseGradient: Sendable, Hashable {
  /// Length N of the Fourier transform.
  public let fftSize: Int
  /// Samples R from one frame to the next.
  public let hop: Int
  /// γ, in squared samples.
  public let gamma: Double

  /// The gradient for a periodic Hann window of W samples: γ = 0.25645 W².
  public init(fftSize: Int, windowSize: Int, hop: Int) {
    precondition(
      fftSize > 1 && windowSize > 0 && hop > 0,
      "phase gradient: N \(fftSize), W \(windowSize), hop \(hop)")
    self.fftSize = fftSize
    self.hop = hop
    gamma = 0.25645 * Double(windowSize) * Double(windowSize)
  }

  /// Turns for one unit of L[m, k+1] - L[m, k-1], on the way to the next frame.
  var turnsAlongTime: Float {
    Float(Double(hop) * Double(fftSize) / (2 * gamma) / (2 * Double.pi))
  }

  /// Turns for one unit of L[m+1, k] - L[m-1, k], on the way to the next bin.
  var turnsAlongFrequency: Float {
    Float(-gamma / (2 * Double(hop) * Double(fftSize)) / (2 * Double.pi))
  }

  /// The turns Rk/N of a bin's own frequency from frame to frame, without whole ones.
  var carriers: [Float] {
    (0...fftSize / 2).map { Float(Double(hop * $0 % fftSize) / Double(fftSize)) }
  }
}

extension ShortTimeFourierTransform {
  /// What the phases of spectra can be integrated from; `nil` for other transforms than circular
  /// ones with a periodic Hann window and phases measured at its centre.
  public var gradient: PhaseGradient? {
    guard geometry.boundary == .circular, phaseOrigin == .center,
      zip(window.values, AnalysisWindow.hann(window.count).values)
        .allSatisfy({ Swift.abs($0 - $1) < 1e-6 })
    else { return nil }
    return PhaseGradient(fftSize: fftSize, windowSize: window.count, hop: geometry.hop)
  }
}
