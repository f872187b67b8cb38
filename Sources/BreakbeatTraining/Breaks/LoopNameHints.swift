/// Tempo, bars and first beat as people write them in file names: `think_170bpm_4bars.wav`,
/// `BPM 96.5`, `apache 112bpm downbeat0.25.wav`.
///
/// A bare number of 60 to 220, as in `amen_165.wav`, is taken for the tempo if the file's length is
/// then a power of two of bars to within 1 %.
package struct LoopNameHints {
  var bars: Double?
  var beatsPerMinute: Double?
  /// Seconds before the first bar.
  var downbeat: Double?

  /// Whether the name said nothing of bars and tempo.
  var isEmpty: Bool { bars == nil && beatsPerMinute == nil }

  /// No hints.
  init() {}

  /// The hints in a name.
  init(_ name: String, duration: Double) {
    let words = Self.words(name).map { $0.lowercased() }
    for (index, word) in words.enumerated() {
      switch word {
      case "bpm":
        beatsPerMinute =
          beatsPerMinute ?? Self.number(before: index, in: words)
          ?? Self.number(after: index, in: words)
      case "bar", "bars":
        bars = bars ?? Self.number(before: index, in: words)
      case "downbeat":
        downbeat = downbeat ?? Self.number(after: index, in: words)
      default:
        break
      }
    }
    if let value = beatsPerMinute, !(20...1_000).contains(value) { beatsPerMinute = nil }
    if let value = bars, !Self.isPlausible(bars: value) { bars = nil }
    if isEmpty { beatsPerMinute = Self.bareTempo(words, duration: duration) }
  }

  /// A number that is a tempo because the length fits it.
  private static func bareTempo(_ words: [String], duration: Double) -> Double? {
    words.lazy.compactMap(number).last { tempo in
      guard (60...220).contains(tempo) else { return false }
      let bars = duration * tempo / 240
      return [0.5, 1, 2, 4, 8, 16, 32].contains { abs(bars / $0 - 1) < 0.01 }
    }
  }

  /// A name without the words that say tempo, bars and first beat: for a sound that has others.
  /// `loop` where there are no other words.
  package static func removed(from name: String) -> String {
    let found = words(name)
    let words = found.map { $0.lowercased() }
    var dropped: Set<Int> = []
    for (index, word) in words.enumerated() {
      let places: [Int] =
        switch word {
        case "bpm": [index - 1, index + 1]
        case "bar", "bars": [index - 1]
        case "downbeat": [index + 1]
        default: []
        }
      if let place = places.first(where: { words.indices.contains($0) && number(words[$0]) != nil })
      {
        dropped.formUnion([index, place])
      }
    }
    var kept = ""
    var end = name.startIndex
    for index in dropped.sorted() {
      kept += name[end..<found[index].startIndex]
      end = found[index].endIndex
    }
    kept += name[end...]
    let parts = kept.split { "-_ ".contains($0) }.joined(separator: "-")
    guard parts.isEmpty else { return parts }
    return dropped.isEmpty ? name : "loop"
  }

  /// Runs of letters and runs of digits (with a decimal point), separators dropped.
  private static func words(_ name: String) -> [Substring] {
    var words: [Substring] = []
    var previous = Kind.separator
    for (place, character) in zip(name.indices, name) {
      var kind = Kind.separator
      if character.isASCII && character.isNumber {
        kind = .digit
      } else if character.isLetter {
        kind = .letter
      } else if character == "." && previous == .digit {
        kind = .digit
      }
      if kind != .separator {
        let start = kind == previous ? words.removeLast().startIndex : place
        words.append(name[start...place])
      }
      previous = kind
    }
    return words
  }

  private enum Kind { case letter, digit, separator }

  private static func number(before index: Int, in words: [String]) -> Double? {
    index > 0 ? number(words[index - 1]) : nil
  }

  private static func number(after index: Int, in words: [String]) -> Double? {
    index + 1 < words.count ? number(words[index + 1]) : nil
  }

  private static func number(_ word: String) -> Double? {
    word.hasSuffix(".") ? Double(word.dropLast()) : Double(word)
  }

  private static func isPlausible(bars: Double) -> Bool {
    [1, 2, 4, 8, 16, 32].contains(bars)
  }
}
