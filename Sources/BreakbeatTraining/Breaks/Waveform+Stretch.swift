import SpectralAudio

extension Waveform {
  /// A stretch of a recording as a loop: cut or filled with silence to the sample, its mean taken
  /// away, and brought to a sane level if it was stored at an insane one.
  func stretch(from start: Double, duration: Double) -> Waveform {
    let first = min(samples.count, Int((start * sampleRate).rounded()))
    let count = max(1, Int((duration * sampleRate).rounded()))
    var cut = Array(samples[first..<min(samples.count, first + count)])
    let mean = Float(cut.reduce(0.0) { $0 + Double($1) } / Double(max(1, cut.count)))
    for index in cut.indices { cut[index] -= mean }
    let peak = cut.reduce(0) { max($0, abs($1)) }
    if peak > 16 { for index in cut.indices { cut[index] /= peak } }
    cut.append(contentsOf: repeatElement(0, count: count - cut.count))
    return Waveform(samples: cut, sampleRate: sampleRate)
  }
}
