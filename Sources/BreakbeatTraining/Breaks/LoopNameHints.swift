/// Tempo and bars as people write them in file names: `think_170bpm_4bars.wav`, `BPM 96.5`.
struct LoopNameHints {
  var bars: Double?
  var beatsPerMinute: Double?

  /// Whether the name said nothing.
  var isEmpty: Bool { bars == nil && beatsPerMinute == nil }

  /// No hints.
  init() {}

  /// The hints in a name.
  init(_ name: String) {
    let words = Self.words(name.lowercased())
    for (index, word) in words.enumerated() {
      switch word {
      case "bpm":
        beatsPerMinute =
          beatsPerMinute ?? Self.number(before: index, in: words)
          ?? Self.number(after: index, in: words)
      case "bar", "bars":
        bars = bars ?? Self.number(before: index, in: words)
      default:
        break
      }
    }
    if let value = beatsPerMinute, !(20...1_000).contains(value) { beatsPerMinute = nil }
    if let value = bars, !Self.isPlausible(bars: value) { bars = nil }
  }

  /// Runs of letters and runs of digits (with a decimal point), separators dropped.
  private static func words(_ name: String) -> [String] {
    var words: [String] = []
    var previous = Kind.separator
    for character in name {
      var kind = Kind.separator
      if character.isASCII && character.isNumber {
        kind = .digit
      } else if character.isLetter {
        kind = .letter
      } else if character == "." && previous == .digit {
        kind = .digit
      }
      if kind != .separator {
        if kind == previous {
          words[words.count - 1].append(character)
        } else {
          words.append(String(character))
        }
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
