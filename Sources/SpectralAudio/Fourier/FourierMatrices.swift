#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Real matrices of a windowed Fourier transform and of its least-squares inverse, computed in
/// Double and rounded once.
struct FourierMatrices {
  /// [W, 2 · bins]: `w[i] cos(2πkn/N)` in column k, `-w[i] sin(2πkn/N)` in column bins + k.
  let analysis: [Float]
  /// [2 · bins, W]: `s[i] c[k]/N cos(2πkn/N)` in row k, `-s[i] c[k]/N sin(2πkn/N)` in row bins + k,
  /// with c = 1 for the bins that are their own conjugates and 2 for the others.
  let synthesis: [Float]

  /// Matrices for the window `w` centred in N samples and the synthesis window `s`.
  init(fftSize: Int, window: [Double], synthesisWindow: [Double], origin: PhaseOrigin) {
    let bins = fftSize / 2 + 1
    let cosines = (0..<fftSize).map { cos(2 * Double.pi * Double($0) / Double(fftSize)) }
    let sines = (0..<fftSize).map { sin(2 * Double.pi * Double($0) / Double(fftSize)) }
    let first = (fftSize - window.count) / 2 + (origin == .center ? fftSize - fftSize / 2 : 0)
    let width = window.count
    var analysis = [Float](repeating: 0, count: width * 2 * bins)
    var synthesis = analysis
    for bin in 0..<bins {
      let isOwnConjugate = bin == 0 || 2 * bin == fftSize
      let scale = (isOwnConjugate ? 1 : 2) / Double(fftSize)
      for index in 0..<width {
        let angle = (bin * (first + index)) % fftSize
        // A bin that is its own conjugate has no imaginary part.
        let (real, imaginary) = (cosines[angle], isOwnConjugate ? 0 : -sines[angle])
        analysis[index * 2 * bins + bin] = Float(window[index] * real)
        analysis[index * 2 * bins + bins + bin] = Float(window[index] * imaginary)
        synthesis[bin * width + index] = Float(synthesisWindow[index] * scale * real)
        synthesis[(bins + bin) * width + index] = Float(synthesisWindow[index] * scale * imaginary)
      }
    }
    self.analysis = analysis
    self.synthesis = synthesis
  }
}

/// Σ over frames m of w²(t - m · hop): what a signal is multiplied by when its windowed frames are
/// windowed again and added.
struct WindowEnvelope {
  /// One value per sample of the window, valid for endless frames (a loop): its own overlap.
  static func endless(_ window: [Double], hop: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: hop)
    for (index, value) in window.enumerated() { sums[index % hop] += value * value }
    return window.indices.map { sums[$0 % hop] }
  }

  /// One value per sample of the signal.
  static func finite(_ window: [Double], _ geometry: FrameGeometry) -> [Double] {
    (0..<geometry.sampleCount).map { sample in
      let position = sample + geometry.offset
      return geometry.frames(holding: position).reduce(0) { sum, frame in
        let value = window[position - frame * geometry.hop]
        return sum + value * value
      }
    }
  }
}
