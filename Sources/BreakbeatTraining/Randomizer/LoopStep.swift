/// What sounds during one sixteenth of a randomized loop.
struct LoopStep: Sendable, Hashable {
  /// The break's sixteenths that share this one equally: one as a rule, several of the same for a
  /// roll, two for double time; none for silence.
  var slices: [Int]
  /// How far into the first slice to start, in sixteenths.
  var offset = 0.0
  /// Pitch at the start, in semitones; speed moves with it.
  var semitones = 0.0
  /// Pitch at the end.
  var endSemitones = 0.0
  /// Whether it is played backwards.
  var isReversed = false
  /// Whether it starts the step before over again.
  var isRetriggered = false
  /// Level in decibels.
  var decibels = 0.0
  /// Level of an added soft snare.
  var ghost: Double?
  /// Level of an added crash.
  var crash: Double?

  /// One slice as it is.
  init(_ slice: Int) { slices = [slice] }

  /// Whether nothing has been done to it.
  var isPlain: Bool {
    guard let slice = slices.first else { return false }
    return self == LoopStep(slice)
  }

  /// The step as a cell of a tracker: `12` plain, `12*3` roll, `12/13` double time, `12r` backwards,
  /// `12+5` pitched, `12+0>+7` sliding, `12^` retriggered, `12!-3` softer, `--` silent, then `g` ghost, `C` crash.
  var text: String {
    var text = "--"
    if let first = slices.first {
      let isRoll = slices.count > 1 && slices.allSatisfy { $0 == first }
      let cells = slices.map(Self.cell).joined(separator: "/")
      text = isRoll ? "\(Self.cell(first))*\(slices.count)" : cells
      if isReversed { text += "r" }
      if semitones != 0 || endSemitones != 0 { text += Self.signed(semitones) }
      if endSemitones != semitones { text += ">" + Self.signed(endSemitones) }
      if offset > 0 { text += "~" }
      if isRetriggered { text += "^" }
      if decibels != 0 { text += "!" + Self.signed(decibels) }
    }
    if ghost != nil { text += "g" }
    if crash != nil { text += "C" }
    return text
  }

  private static func cell(_ slice: Int) -> String { slice < 10 ? "0\(slice)" : "\(slice)" }

  private static func signed(_ value: Double) -> String {
    let whole = Int(value.rounded())
    return whole < 0 ? "\(whole)" : "+\(whole)"
  }
}
