import Breakbeats
import SpectralAudio

/// How many bars a source has and how fast they are, and how that is known.
public struct LoopTempo: Sendable, Hashable, Codable {
  /// Where the numbers come from.
  public enum Origin: String, Sendable, Hashable, Codable {
    /// The caller gave bars or tempo.
    case given
    /// The file's name says so.
    case fileName
    /// The rhythm of the onsets.
    case estimated
    /// A power of two of bars whose tempo lies in 100..<200.
    case duration
  }

  /// Bars of four beats: a power of two, a quarter at least.
  public var bars: Double
  /// Quarter notes per minute.
  public var beatsPerMinute: Double
  /// Where in the file the first bar begins, in seconds.
  public var downbeat = 0.0
  /// Where the numbers come from.
  public var origin: Origin
  /// How sure an estimate is, from 0 to 1; nil for what is not estimated.
  public var confidence: Double?

  /// Whether the numbers are those of a loop; a file may say anything.
  var isPlausible: Bool {
    (0.25...256).contains(bars) && (20...1_000).contains(beatsPerMinute)
      && (0...1e6).contains(downbeat)
  }

  /// Seconds that the bars take.
  public var duration: Double { 240 * bars / beatsPerMinute }

  /// A sentence for people.
  public var description: String {
    var numbers = "\(counted(bars: Self.rounded(bars))) at \(Self.text(beatsPerMinute)) bpm"
    if downbeat > 0.0005 { numbers += " from \(Self.text(downbeat)) s on" }
    switch origin {
    case .given: return "\(numbers), as given"
    case .fileName: return "\(numbers), from the file's name"
    case .duration: return "\(numbers), assumed from its length: no rhythm was found"
    case .estimated:
      let percent = Int(((confidence ?? 0) * 100).rounded())
      let doubt = percent < 30 ? "; give its tempo or bars if that is wrong" : ""
      return "\(numbers), estimated from its onsets, \(percent) % sure\(doubt)"
    }
  }

  /// Numbers that are known from elsewhere.
  public init(
    bars: Double, beatsPerMinute: Double, downbeat: Double = 0, origin: Origin,
    confidence: Double? = nil
  ) {
    self.bars = bars
    self.beatsPerMinute = beatsPerMinute
    self.downbeat = downbeat
    self.origin = origin
    self.confidence = confidence
  }

  private static func text(_ value: Double) -> String { rounded(value).shortest }

  /// A number to two places, or as many as two digits of a small one take.
  private static func rounded(_ value: Double) -> Double {
    var scale = 100.0
    while value != 0, abs(value) * scale < 10, scale < 1e9 { scale *= 10 }
    return (value * scale).rounded() / scale
  }
}

extension LoopTempo {
  /// The tempo of a recording: given, or from its name, or estimated from its sound.
  ///
  /// - Parameters:
  ///   - path: the file; its name is searched for `170bpm`, `4bars` and `downbeat0.5`.
  ///   - bars: bars, if known.
  ///   - beatsPerMinute: tempo, if known.
  ///   - downbeat: where the first bar begins in seconds, if known.
  /// - Throws: ``TrainingDataError`` if it is too short, or the numbers do not fit the length.
  init(
    of waveform: Waveform, path: String, bars: Double?, beatsPerMinute: Double?, downbeat: Double?
  ) throws(TrainingDataError) {
    let hints = LoopNameHints(BreakSource.fileName(path), duration: waveform.duration)
    let known = downbeat ?? hints.downbeat
    if let known, !(0..<waveform.duration).contains(known) {
      throw TrainingDataError(
        .invalidSettings,
        "\(path): a first bar at \(Self.text(known)) s of \(Self.text(waveform.duration)) s",
        remedy: "give the right place of its first bar")
    }
    let rest = waveform.duration - (known ?? 0)
    guard bars == nil, beatsPerMinute == nil, hints.isEmpty else {
      try self.init(
        duration: rest, name: path, bars: bars, beatsPerMinute: beatsPerMinute)
      self.downbeat =
        known ?? TempoEstimator(waveform).downbeat(of: self, within: rest - duration)
      return
    }
    let heard = known.map { waveform.stretch(from: $0, duration: rest) } ?? waveform
    if let estimate = TempoEstimator(heard).tempo(isDownbeatKnown: known != nil) {
      self = estimate
    } else {
      try self.init(duration: rest, name: path)
    }
    self.downbeat += known ?? 0
  }

  /// The tempo of a loop from its length alone.
  ///
  /// - Parameters:
  ///   - duration: length of the file in seconds.
  ///   - name: its name, searched for `170bpm` and `4bars`, or its path, of which errors tell all.
  ///   - bars: bars, if known.
  ///   - beatsPerMinute: tempo, if known.
  /// - Throws: ``TrainingDataError`` if it is shorter than a quarter of a bar, or the numbers do
  ///   not fit the length.
  public init(
    duration: Double, name: String, bars: Double? = nil, beatsPerMinute: Double? = nil
  ) throws(TrainingDataError) {
    let hints =
      bars == nil && beatsPerMinute == nil
      ? LoopNameHints(BreakSource.fileName(name), duration: duration) : LoopNameHints()
    let knownBars = bars ?? hints.bars
    let knownTempo = beatsPerMinute ?? hints.beatsPerMinute
    origin = bars != nil || beatsPerMinute != nil ? .given : hints.isEmpty ? .duration : .fileName
    if let knownTempo {
      guard (20...1_000).contains(knownTempo) else {
        throw TrainingDataError(
          .invalidSettings, "\(name): a tempo of \(Self.text(knownTempo)) bpm",
          remedy: "give a tempo of 20 to 1000 bpm")
      }
      self.beatsPerMinute = knownTempo
      // Loops are often cut with a little tail: whole powers of two that fit, with 2 % of slack.
      let fitting = duration * knownTempo / 240 * 1.02
      self.bars = knownBars ?? Self.powerOfTwo(notAbove: fitting)
      guard self.bars >= 0.25, self.bars <= max(fitting, 0.25) else {
        throw TrainingDataError(
          .tooShort,
          "\(name): no room for \(counted(bars: knownBars.map(Self.rounded) ?? 0.25)) at "
            + "\(Self.text(knownTempo)) bpm in \(Self.text(duration)) s",
          remedy: "give the right tempo or bars")
      }
    } else if let knownBars {
      self.bars = knownBars
      self.beatsPerMinute = 240 * knownBars / duration
      guard (0.25...256).contains(knownBars), (20...1_000).contains(self.beatsPerMinute) else {
        throw TrainingDataError(
          .invalidSettings,
          "\(name): \(counted(bars: Self.rounded(knownBars))) in \(Self.text(duration)) s would be "
            + "\(Self.text(self.beatsPerMinute)) bpm",
          remedy: "give the right number of bars")
      }
    } else {
      // 240 * bars / duration in 100..<200
      self.bars = Self.powerOfTwo(notAbove: duration * 200 / 240 * 0.999_999)
      self.beatsPerMinute = 240 * self.bars / duration
    }
    guard self.bars >= 0.25, duration >= 0.2 else {
      throw TrainingDataError(
        .tooShort, "\(name): \(Self.text(duration)) seconds are too short for a loop",
        remedy: "use loops of a quarter of a bar or more")
    }
  }

  /// The largest power of two that is not above a value; 0 for tiny ones.
  private static func powerOfTwo(notAbove value: Double) -> Double {
    guard value >= 0.0625 else { return 0 }
    var power = 0.0625
    while power * 2 <= value && power < 256 { power *= 2 }
    return power
  }
}
