import SpectralAudio
import Tensors

extension CaseKind {
  /// `stft`, forth and back, and log-mel pictures.
  static let spectra: [CaseKind] = [
    .program("stft") { program in try fourier(&program) },
    .program("mel image") { program in try melImage(&program) },
  ]
}

private func fourier(_ program: inout CaseProgram) throws(CaseProblem) {
  let golden = program.golden
  let fields = try TransformFields(golden)
  let signal = try program.input("signal", rank: 1)
  let transform = try fields.transform(sampleCount: signal.shape.count)
  program.expectIfGiven(
    "window",
    .constant(fields.window.values.map { Float($0) }, shape: [fields.windowSize]),
    .relative(1e-5))

  let spectrum = transform.spectrum(of: signal.reshaped(to: [1, signal.shape.count]))
  let (real, imaginary) = parts(of: spectrum)
  program.expect("magnitude", magnitude(spectrum).permuted(to: [0, 2, 1]), .relative(1e-5))
  program.expectIfGiven("real", real, .relative(1e-5))
  program.expectIfGiven("imag", imaginary, .relative(1e-5))
  program.expectIfGiven("istft", transform.inverse(spectrum), .relative(1e-5))
  guard golden.tensors["random_istft"] != nil else { return }
  let shape = [transform.binCount, transform.frameCount]
  let given = try ["random_real", "random_imag"].map { name throws(CaseProblem) in
    try program.input(name, shape: shape).transposed()
      .reshaped(to: [1, shape[1], 1, shape[0]])
  }
  program.expect(
    "random_istft", transform.inverse(concatenated(given, axis: 2)), .relative(1e-5))
}

/// Real and imaginary parts, [bins, frames], of the spectrum of one signal.
private func parts(of spectrum: Tensor) -> (real: Tensor, imaginary: Tensor) {
  let (frames, bins) = (spectrum.shape[1], spectrum.shape[3])
  let part = { (index: Int) in
    spectrum.sliced(axis: 2, index..<index + 1).reshaped(to: [frames, bins]).transposed()
  }
  return (part(0), part(1))
}

private func melImage(_ program: inout CaseProgram) throws(CaseProblem) {
  let golden = program.golden
  let formula = "clip((10*log10(max(amin,mel_power))-ref_db+top_db)/top_db,0,1)"
  guard compact(try golden.text("image", default: formula)) == formula else {
    throw .unknown("image \(try golden.text("image"))")
  }
  guard try golden.number("power", default: 2) == 2 else {
    throw .unknown("a mel spectrogram of another power than 2")
  }
  let signal = try program.input("signal", rank: 1)
  let range = try golden.number("top_db", default: 80)
  let floor = try golden.number("amin", default: 1e-10)
  guard range > 0, range.isFinite, floor > 0 else {
    throw .damaged("top_db \(range), amin \(floor)")
  }
  let level = PictureLevel(
    reference: try golden.number("ref_db"), range: range, floor: floor)
  let spectrogram = LogMelSpectrogram(
    transform: try TransformFields(golden).transform(sampleCount: signal.shape.count),
    mel: MelTransform(try melFilterBank(golden)), level: level)
  let power = spectrogram.bandPower(of: signal.reshaped(to: [1, signal.shape.count]))
  program.expectIfGiven("mel_power", power, .relative(1e-5))
  // Levels below the picture's range depend on the last bits of the loudest sounds.
  if golden.tensors["mel_db"] != nil {
    program.expect(
      "mel_db", level.decibels(of: power), .absolute(2e-4 * range),
      floor: Float(level.reference - range))
  }
  program.expect("image", level.picture(of: power), .absolute(2e-4))
}
