public import SpectralAudio

/// A break as it was found: its sound, its tempo, and what identifies it.
public struct BreakSource: Sendable, Hashable {
  /// The file's name without folder and extension, or the name of the synthetic drummer.
  public var name: String
  /// Where it was read from; nil for the synthetic drummer.
  public var path: String?
  /// SHA-256 of the file's bytes, or of the samples of a synthetic one.
  public var digest: String
  /// The sound, mono, at its own rate.
  public var waveform: Waveform
  /// Its bars and tempo.
  public var tempo: LoopTempo

  /// Reads a break from a file.
  ///
  /// - Parameters:
  ///   - bars: its length in bars, if known; otherwise from the name or the duration.
  ///   - beatsPerMinute: its tempo, if known.
  /// - Throws: ``TrainingDataError`` as ``SpectralAudio/Waveform/init(contentsOf:maximumDuration:)``
  ///   does; also for silence and for sounds too short to be a loop.
  public init(
    contentsOf path: String, bars: Double? = nil, beatsPerMinute: Double? = nil
  ) throws(TrainingDataError) {
    var waveform = try Waveform(contentsOf: path)
    waveform.removeMean()
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let end = file.lastIndex(of: ".").flatMap { $0 == file.startIndex ? nil : $0 }
    name = String(file[..<(end ?? file.endIndex)])
    tempo = try LoopTempo(
      duration: waveform.duration, name: file, bars: bars, beatsPerMinute: beatsPerMinute)
    guard waveform.peak > 1e-4 else {
      throw TrainingDataError(
        .silent, "\(path): nothing but silence", remedy: "remove or replace it")
    }
    self.path = path
    digest = try digestOfFile(path)
    let whole = Int((tempo.duration * waveform.sampleRate).rounded())
    let count = waveform.samples.count
    if count > whole { waveform.samples.removeLast(count - whole) }
    waveform.samples.append(contentsOf: repeatElement(0, count: whole - min(whole, count)))
    self.waveform = waveform
  }

  /// A break that is at hand as samples.
  public init(name: String, waveform: Waveform, tempo: LoopTempo) {
    self.name = name
    self.waveform = waveform
    self.tempo = tempo
    digest = SHA256.hexadecimal(
      waveform.samples.lazy.flatMap { sample in
        let bits = sample.bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
      })
  }

  /// The first 64 bits of the digest: what the randomizer mixes into its seed.
  var seed: UInt64 { UInt64(digest.prefix(16), radix: 16) ?? 0 }
}

extension Waveform {
  /// Takes away a constant offset.
  fileprivate mutating func removeMean() {
    var sum = 0.0
    for sample in samples { sum += Double(sample) }
    let mean = Float(sum / Double(max(1, samples.count)))
    for index in samples.indices { samples[index] -= mean }
  }
}
