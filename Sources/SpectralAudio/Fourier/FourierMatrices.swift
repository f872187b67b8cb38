import Synchronization
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Real matrices of a windowed Fourier transform and of its least-squares inverse, computed in
/// Double and rounded once, each when it is first needed: phase retrieval by the consistency kernel
/// never looks at the analysis matrix.
final class FourierMatrices: Sendable {
  private let fftSize: Int
  private let window: [Double]
  private let synthesisWindow: [Double]
  private let origin: PhaseOrigin
  private let made = Mutex<(analysis: Tensor?, synthesis: Tensor?, halves: Tensor?)>(
    (nil, nil, nil))

  /// Matrices for the window `w` centred in N samples and the synthesis window `s`.
  init(fftSize: Int, window: [Double], synthesisWindow: [Double], origin: PhaseOrigin) {
    self.fftSize = fftSize
    self.window = window
    self.synthesisWindow = synthesisWindow
    self.origin = origin
  }

  /// [W, 2 · bins]: `w[i] cos(2πkn/N)` in column k, `-w[i] sin(2πkn/N)` in column bins + k.
  var analysis: Tensor {
    made.withLock { made in
      let matrix = made.analysis ?? makeAnalysis()
      made.analysis = matrix
      return matrix
    }
  }

  /// [2 · bins, W]: `s[i] c[k]/N cos(2πkn/N)` in row k, `-s[i] c[k]/N sin(2πkn/N)` in row bins + k,
  /// with c = 1 for the bins that are their own conjugates and 2 for the others.
  var synthesis: Tensor {
    made.withLock { made in
      let matrix = made.synthesis ?? makeSynthesis()
      made.synthesis = matrix
      return matrix
    }
  }

  /// [2, bins, W/2]: the columns n = 0 ... W/2 - 1 of ``synthesis``, counted from the centre of the
  /// window: what real parts give to the even part of a frame, imaginary parts to the odd one. `nil`
  /// where frames have more than these, because the window is not symmetric, does not begin with 0
  /// or phases are not measured at its centre.
  var synthesisHalves: Tensor? {
    guard isSymmetric else { return nil }
    return made.withLock { made in
      let matrices = made.halves ?? makeSynthesisHalves()
      made.halves = matrices
      return matrices
    }
  }

  /// Whether s[W/2 + n] = s[W/2 - n] but for the rounding of a Double, and s[0] = 0.
  private var isSymmetric: Bool {
    let (half, parity) = synthesisWindow.count.quotientAndRemainder(dividingBy: 2)
    let tolerance = 1e-12 * (synthesisWindow.map { abs($0) }.max() ?? 0)
    return origin == .center && fftSize % 2 == 0 && half > 0 && parity == 0
      && abs(synthesisWindow[0]) <= tolerance
      && (1..<half).allSatisfy {
        abs(synthesisWindow[half + $0] - synthesisWindow[half - $0]) <= tolerance
      }
  }

  private var bins: Int { fftSize / 2 + 1 }

  /// n mod N of the window's first sample.
  private var first: Int {
    (fftSize - window.count) / 2 + (origin == .center ? fftSize - fftSize / 2 : 0)
  }

  /// cos and -sin of 2πi/N.
  private func circle() -> (cosines: [Double], sines: [Double]) {
    let angles = (0..<fftSize).map { 2 * Double.pi * Double($0) / Double(fftSize) }
    return (angles.map { cos($0) }, angles.map { -sin($0) })
  }

  /// A bin that is its own conjugate has no imaginary part.
  private func isOwnConjugate(_ bin: Int) -> Bool { bin == 0 || 2 * bin == fftSize }

  private func makeAnalysis() -> Tensor {
    let (cosines, sines) = circle()
    var values = [Float](repeating: 0, count: window.count * 2 * bins)
    for index in window.indices {
      let row = index * 2 * bins
      let step = (first + index) % fftSize
      var angle = 0
      for bin in 0..<bins {
        values[row + bin] = Float(window[index] * cosines[angle])
        values[row + bins + bin] = isOwnConjugate(bin) ? 0 : Float(window[index] * sines[angle])
        angle += step
        if angle >= fftSize { angle -= fftSize }
      }
    }
    return .constant(values, shape: [window.count, 2 * bins])
  }

  private func makeSynthesis() -> Tensor {
    let (cosines, sines) = circle()
    let width = window.count
    var values = [Float](repeating: 0, count: 2 * bins * width)
    for bin in 0..<bins {
      let scale = (isOwnConjugate(bin) ? 1 : 2) / Double(fftSize)
      var angle = bin * first % fftSize
      for index in 0..<width {
        let weight = synthesisWindow[index] * scale
        values[bin * width + index] = Float(weight * cosines[angle])
        values[(bins + bin) * width + index] =
          isOwnConjugate(bin) ? 0 : Float(weight * sines[angle])
        angle += bin
        if angle >= fftSize { angle -= fftSize }
      }
    }
    return .constant(values, shape: [2 * bins, width])
  }
}

extension FourierMatrices {
  private func makeSynthesisHalves() -> Tensor {
    let (cosines, sines) = circle()
    let half = window.count / 2
    var values = [Float](repeating: 0, count: 2 * bins * half)
    for bin in 0..<bins {
      let scale = (isOwnConjugate(bin) ? 1 : 2) / Double(fftSize)
      for n in 0..<half {
        let angle = bin * n % fftSize
        let weight = synthesisWindow[half + n] * scale
        values[bin * half + n] = Float(weight * cosines[angle])
        values[(bins + bin) * half + n] = isOwnConjugate(bin) ? 0 : Float(weight * sines[angle])
      }
    }
    return .constant(values, shape: [2, bins, half])
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
