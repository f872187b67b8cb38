public import SpectralAudio

extension Waveform {
  /// The longest file read whole, in seconds: sources are loops.
  public static let maximumFileDuration: Double = 300

  /// The most samples of a file read whole, whatever its rate: 128 MiB.
  static let maximumFileSampleCount = 1 << 25

  /// Reads an audio file of any format libsndfile knows, mixed to one channel.
  ///
  /// The file is decoded in chunks and reading stops at `maximumDuration`, so that a very long file
  /// costs no more than a long one.
  ///
  /// - Throws: ``TrainingDataError``: missing, unreadable, empty, not audio, cut short, longer than
  ///   `maximumDuration` seconds, or with samples that are not numbers.
  public init(
    contentsOf path: String, maximumDuration: Double = Waveform.maximumFileDuration
  ) throws(TrainingDataError) {
    var reader = try AudioFileReader(path: path)
    let limit = min(Int(maximumDuration * reader.sampleRate), Self.maximumFileSampleCount)
    if reader.announcedFrameCount > limit && reader.announcedFrameCount < Int.max {
      throw Self.tooLong(path, Double(reader.announcedFrameCount) / reader.sampleRate)
    }
    var samples: [Float] = []
    var scratch: [Float] = []
    try reader.append(limit + 1, to: &samples, scratch: &scratch, frame: 0)
    if samples.count > limit { throw Self.tooLong(path, nil) }
    try reader.checkComplete(frameCount: samples.count)
    guard !samples.isEmpty else {
      throw TrainingDataError(
        .empty, "\(path): the file holds no samples", remedy: "remove or replace it")
    }
    self.init(samples: samples, sampleRate: reader.sampleRate)
  }

  /// Reads a stretch of a file; what lies before it is decoded and dropped.
  ///
  /// - Throws: ``TrainingDataError`` as the other initializer does; when nothing is there, the file
  ///   is cut short.
  init(contentsOf path: String, from start: Double, duration: Double) throws(TrainingDataError) {
    var reader = try AudioFileReader(path: path)
    let rate = reader.sampleRate
    let count = min(max(1, Int((duration * rate).rounded(.up))), Self.maximumFileSampleCount)
    var scratch: [Float] = []
    var left = Int((start * rate).rounded())
    while left > 0 {
      var dropped: [Float] = []
      try reader.append(min(left, 1 << 20), to: &dropped, scratch: &scratch, frame: 0)
      if dropped.isEmpty { break }
      left -= dropped.count
    }
    var samples: [Float] = []
    if left == 0 { try reader.append(count, to: &samples, scratch: &scratch, frame: 0) }
    guard !samples.isEmpty else {
      throw TrainingDataError(
        .truncated, "\(path): the file ends before second \(start.rounded(places: 2))",
        remedy: "put the original file back")
    }
    self.init(samples: samples, sampleRate: rate)
  }

  private static func tooLong(_ path: String, _ duration: Double?) -> TrainingDataError {
    let length = duration.map { "\(Int($0)) seconds long" } ?? "too long"
    return TrainingDataError(
      .tooLong, "\(path): \(length); a source is a loop of at most \(Int(maximumFileDuration)) s",
      remedy: "cut it into loops")
  }
}
