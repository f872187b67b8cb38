public import SpectralAudio

/// A break as it was found: its sound, its tempo, and what identifies it.
public struct BreakSource: Sendable, Hashable {
  /// The file's name without folder and extension, or the name of a synthetic break.
  public var name: String
  /// Where it was read from; nil for a synthetic break.
  public var path: String?
  /// SHA-256 of the file's bytes, or of the samples of a synthetic one.
  public var digest: String
  /// Its bars and tempo, and where in the file it begins.
  public var tempo: LoopTempo
  /// Samples per second of its sound.
  public let sampleRate: Double
  /// The sound, or nil while it is left on the disk.
  private var resident: Waveform?
  /// What the file was when it was read.
  private var status: FileStatus?

  /// Reads a break from a file.
  ///
  /// The file may be long: of a recording beyond `Waveform.maximumFileDuration` the
  /// stretch with the steadiest rhythm is used, found while the file streams by.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - bars: its length in bars, if known; otherwise from the name or the sound.
  ///   - beatsPerMinute: its tempo, if known.
  ///   - downbeat: where its first bar begins, in seconds, if known.
  /// - Throws: ``TrainingDataError`` as `Waveform.init(contentsOf:maximumDuration:)`
  ///   does; also for silence and for sounds too short to be a loop.
  public init(
    contentsOf path: String, bars: Double? = nil, beatsPerMinute: Double? = nil,
    downbeat: Double? = nil
  ) throws(TrainingDataError) {
    let status = try FileStatus(of: path)
    let recording = try Recording(contentsOf: path)
    var tempo = try LoopTempo(
      of: recording.waveform, path: path, bars: bars, beatsPerMinute: beatsPerMinute,
      downbeat: downbeat)
    // To a whole sample, so that reading the stretch again gives the same one.
    let rate = recording.waveform.sampleRate
    tempo.downbeat = (tempo.downbeat * rate).rounded() / rate
    var sound = recording.waveform.stretch(from: tempo.downbeat, duration: tempo.duration)
    tempo.downbeat += recording.start
    // The last bar of an excerpt may end beyond it.
    if recording.isExcerpt { sound = try Self.sound(path, tempo) }
    try self.init(path, sound, tempo, status, digest: digestOfFile(path))
  }

  /// Reads a break whose tempo and place in the file are known.
  ///
  /// - Throws: ``TrainingDataError`` as the other initializer does.
  public init(contentsOf path: String, tempo: LoopTempo) throws(TrainingDataError) {
    let status = try FileStatus(of: path)
    try self.init(
      path, Self.sound(path, tempo), tempo, status, digest: digestOfFile(path))
  }

  private init(
    _ path: String, _ sound: Waveform, _ tempo: LoopTempo, _ status: FileStatus, digest: String
  ) throws(TrainingDataError) {
    guard sound.peak > 1e-4 else {
      throw TrainingDataError(
        .silent, "\(path): nothing but silence", remedy: "remove or replace it")
    }
    let file = Self.fileName(path)
    let end = file.lastIndex(of: ".").flatMap { $0 == file.startIndex ? nil : $0 }
    name = printable(String(file[..<(end ?? file.endIndex)]))
    self.path = path
    self.digest = digest
    self.tempo = tempo
    self.status = status
    sampleRate = sound.sampleRate
    resident = sound
  }

  /// A break that is at hand as samples.
  public init(name: String, waveform: Waveform, tempo: LoopTempo) {
    self.name = name
    self.tempo = tempo
    sampleRate = waveform.sampleRate
    resident = waveform
    digest = SHA256.hexadecimal(
      waveform.samples.lazy.flatMap { sample in
        let bits = sample.bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
      })
  }

  /// The sound, mono, at its own rate, from the first bar on; read from the file again if it was
  /// released.
  ///
  /// - Throws: ``TrainingDataError`` when the file is no longer there or has changed.
  public var waveform: Waveform {
    get throws(TrainingDataError) {
      if let resident { return resident }
      guard let path, let status, try FileStatus(of: path) == status else {
        throw TrainingDataError(
          .missing, "\(path ?? name): the file was changed while it was in use",
          remedy: "start again")
      }
      return try Self.sound(path, tempo)
    }
  }

  /// The bytes its samples take in memory.
  var residentByteCount: Int { (resident?.samples.count ?? 0) * MemoryLayout<Float>.stride }

  /// Lets go of the samples; they are read again when they are needed.
  mutating func release() {
    if path != nil { resident = nil }
  }

  /// The first 64 bits of the digest: what the randomizer mixes into its seed.
  var seed: UInt64 { UInt64(digest.prefix(16), radix: 16) ?? 0 }

  /// The last name of a path.
  static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private static func sound(
    _ path: String, _ tempo: LoopTempo
  ) throws(TrainingDataError) -> Waveform {
    // A little more than the loop: the end is padded or cut to the sample.
    let heard = try Waveform(
      contentsOf: path, from: tempo.downbeat, duration: tempo.duration + 0.01)
    return heard.stretch(from: 0, duration: tempo.duration)
  }
}
