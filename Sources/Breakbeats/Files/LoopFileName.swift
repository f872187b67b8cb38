/// The name of a generated loop's file: what it is, where it comes from and how fast it is, for
/// example `amen-seed7-003-146.48bpm-4bars.wav`.
public struct LoopFileName: Sendable, Hashable, CustomStringConvertible {
  /// What the loop is made of, for example a model's name.
  public var stem: String
  /// The seed it was drawn from; `nil` for loops that were not drawn.
  public var seed: UInt64?
  /// Its place in the series, from 0.
  public var index: Int
  /// Tempo.
  public var beatsPerMinute: Double
  /// Length in bars of four beats.
  public var bars: Double
  /// What the name ends in, after a point.
  public var fileExtension: String

  /// A name from its parts.
  public init(
    stem: String = "amen", seed: UInt64?, index: Int, beatsPerMinute: Double, bars: Double,
    fileExtension: String = "wav"
  ) {
    self.stem = stem
    self.seed = seed
    self.index = index
    self.beatsPerMinute = beatsPerMinute
    self.bars = bars
    self.fileExtension = fileExtension
  }

  /// The name with its extension.
  public var description: String { "\(withoutExtension).\(fileExtension)" }

  /// The index with three digits at least.
  public var paddedIndex: String {
    let number = String(index)
    return String(repeating: "0", count: max(0, 3 - number.count)) + number
  }

  /// The name up to the point before its extension.
  public var withoutExtension: String {
    let seedPart = seed.map { "-seed\($0)" } ?? ""
    let tempo = Self.tempo(beatsPerMinute: beatsPerMinute, bars: bars)
    return "\(stem)\(seedPart)-\(paddedIndex)-\(tempo)"
  }

  /// How a name tells tempo and length, for example `146.48bpm-2bars`. Numbers that are not finite
  /// or too large for hundredths are written as they are, such as `nanbpm-2bars`.
  public static func tempo(beatsPerMinute: Double, bars: Double) -> String {
    let unit = bars == 1 ? "bar" : "bars"
    return "\(fixed(beatsPerMinute, places: 2))bpm-\(bars.shortest)\(unit)"
  }

  private static func fixed(_ number: Double, places: Int) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((abs(number) * Double(scale)).rounded())
    let sign = number < 0 && scaled > 0 ? "-" : ""
    let fraction = String(scaled % scale)
    let zeros = String(repeating: "0", count: places - fraction.count)
    return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
  }
}
