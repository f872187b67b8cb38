public import SpectralAudio

extension Waveform {
  /// The longest file read whole, in seconds: sources are loops.
  public static let maximumFileDuration: Double = 300

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
    let limit = Int(maximumDuration * reader.sampleRate)
    if reader.announcedFrameCount > limit && reader.announcedFrameCount < Int.max {
      throw Self.tooLong(path, Double(reader.announcedFrameCount) / reader.sampleRate, limit: limit)
    }
    var samples: [Float] = []
    var scratch: [Float] = []
    let chunk = max(1, 65_536 / reader.channelCount)
    while true {
      let start = samples.count
      guard reader.read(chunk, appendingTo: &samples, scratch: &scratch) > 0 else { break }
      for index in start..<samples.count where !samples[index].isFinite {
        throw TrainingDataError(
          .notFinite, "\(path): sample \(index) is not a number (\(samples[index]))",
          remedy: "export the file again without it")
      }
      if samples.count > limit { throw Self.tooLong(path, nil, limit: limit) }
    }
    try reader.checkComplete(frameCount: samples.count)
    guard !samples.isEmpty else {
      throw TrainingDataError(
        .empty, "\(path): the file holds no samples", remedy: "remove or replace it")
    }
    self.init(samples: samples, sampleRate: reader.sampleRate)
  }

  private static func tooLong(_ path: String, _ duration: Double?, limit: Int) -> TrainingDataError
  {
    let length = duration.map { "\(Int($0)) seconds long" } ?? "too long"
    return TrainingDataError(
      .tooLong, "\(path): \(length); a source is a loop of at most \(Int(maximumFileDuration)) s",
      remedy: "cut it into loops")
  }
}
