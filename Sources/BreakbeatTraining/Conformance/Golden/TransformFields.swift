import SpectralAudio
import Tensors

/// The short-time Fourier transform that a case's fields describe.
struct TransformFields {
  let fftSize, hop, windowSize: Int
  let window: AnalysisWindow
  let framing: Framing

  init(_ golden: GoldenCase) throws(CaseProblem) {
    fftSize = try golden.integer("n_fft", in: 2...65_536)
    hop = try golden.integer("hop", in: 1...65_536)
    windowSize = try golden.integer("win_length", in: 1...65_536, default: fftSize)
    guard fftSize % 2 == 0 else { throw .unknown("an odd n_fft, \(fftSize)") }
    guard windowSize <= fftSize else {
      throw .damaged("win_length \(windowSize) is larger than n_fft \(fftSize)")
    }
    window = try Self.window(golden, windowSize)
    guard try golden.flag("center", default: true) else {
      framing = .inside
      return
    }
    switch try golden.text("pad_mode", default: "constant") {
    case "constant", "zeros": framing = .centered(.zero)
    case "reflect": framing = .centered(.reflect)
    case let other: throw .unknown("padding \(other)")
    }
  }

  /// The window of a text such as `hann periodic, centred in n_fft`.
  private static func window(
    _ golden: GoldenCase, _ count: Int
  ) throws(CaseProblem) -> AnalysisWindow {
    let text = try golden.text("window", default: "hann periodic")
    let words = text.lowercased().split { !$0.isLetter }.map(String.init)
    if words.contains("periodic") || words.count == 1,
      let name = words.first, let window = AnalysisWindow(named: name, count: count)
    {
      return window
    }
    guard let given = golden.tensors["window"], given.values.count == count else {
      throw .unknown("window \(text)")
    }
    return AnalysisWindow(given.values.map(Double.init))
  }

  /// The transform of signals of one length, with phases as in librosa.
  func transform(sampleCount: Int) throws(CaseProblem) -> ShortTimeFourierTransform {
    switch framing {
    case .inside where sampleCount < fftSize:
      throw .damaged("\(sampleCount) samples are less than one frame of \(fftSize)")
    case .centered(.reflect) where sampleCount <= fftSize / 2:
      throw .damaged("\(sampleCount) samples cannot be reflected \(fftSize / 2) samples far")
    default: break
    }
    return ShortTimeFourierTransform(
      sampleCount: sampleCount, fftSize: fftSize, window: window, hop: hop, framing: framing,
      phaseOrigin: .start)
  }
}

/// The mel filter bank that a case's fields describe, with librosa's names and defaults.
func melFilterBank(_ golden: GoldenCase) throws(CaseProblem) -> MelFilterBank {
  let rate = try golden.number("sr")
  let minimum = try golden.number("fmin", default: 0)
  let maximum = try golden.number("fmax", default: rate / 2)
  guard rate > 0, rate.isFinite, minimum >= 0, minimum < maximum, maximum.isFinite else {
    throw .damaged("a mel bank from \(minimum) to \(maximum) Hz at \(rate) Hz")
  }
  let normalization: SpectrogramSettings.FilterNormalization
  switch golden.fields["norm"] {
  case nil, .string("slaney"): normalization = .slaney
  case .null, .string("none"): normalization = .none
  default: throw .unknown("a mel bank of another norm")
  }
  return MelFilterBank(
    sampleRate: rate, fftSize: try golden.integer("n_fft", in: 2...65_536),
    bands: try golden.integer("n_mels", in: 1...65_536), minimumFrequency: minimum,
    maximumFrequency: maximum, melScale: try golden.flag("htk", default: false) ? .htk : .slaney,
    normalization: normalization)
}
