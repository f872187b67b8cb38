import SpectralAudio

/// What is heard of a file: all of it, or the steadiest stretch of a long one.
struct Recording {
  /// The sound.
  let waveform: Waveform
  /// Where it begins in the file, in seconds.
  let start: Double
  /// Whether it is a part of the file only.
  let isExcerpt: Bool

  /// Seconds of a long file that are looked at together.
  static let blockDuration = 20.0

  /// Reads a file.
  ///
  /// A file beyond `Waveform.maximumFileDuration` is decoded from end to end in blocks of 20 s, of
  /// which two are in memory at a time; the one with the steadiest rhythm is kept.
  init(contentsOf path: String) throws(TrainingDataError) {
    do throws(TrainingDataError) {
      waveform = try Waveform(contentsOf: path)
      start = 0
      isExcerpt = false
    } catch {
      guard error.code == .tooLong else { throw error }
      (waveform, start) = try Self.steadiestBlock(of: path)
      isExcerpt = true
    }
  }

  private static func steadiestBlock(
    of path: String
  ) throws(TrainingDataError) -> (Waveform, Double) {
    var reader = try AudioFileReader(path: path)
    let rate = reader.sampleRate
    let length = Int(blockDuration * rate)
    var best: (samples: [Float], start: Int, steadiness: Double)?
    var frameCount = 0
    var scratch: [Float] = []
    while true {
      var samples: [Float] = []
      samples.reserveCapacity(length)
      try reader.append(length, to: &samples, scratch: &scratch, frame: frameCount)
      guard !samples.isEmpty else { break }
      // The remainder at the end is too short to be compared with the others.
      if best == nil || samples.count == length {
        let steadiness = TempoEstimator(Waveform(samples: samples, sampleRate: rate)).steadiness
        if steadiness > best?.steadiness ?? -1 { best = (samples, frameCount, steadiness) }
      }
      frameCount += samples.count
      if samples.count < length { break }
    }
    try reader.checkComplete(frameCount: frameCount)
    guard let best else {
      throw TrainingDataError(
        .empty, "\(path): the file holds no samples", remedy: "remove or replace it")
    }
    return (Waveform(samples: best.samples, sampleRate: rate), Double(best.start) / rate)
  }
}
