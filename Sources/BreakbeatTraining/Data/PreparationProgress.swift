/// How far preparing a data set has come.
public struct PreparationProgress: Sendable, Hashable, CustomStringConvertible {
  /// Items written.
  public var completed: Int
  /// Items in all.
  public var count: Int
  /// Items per second so far.
  public var itemsPerSecond: Double
  /// Seconds left at this rate.
  public var remainingSeconds: Double

  /// `1200/10000  12%  210 items/s  ETA 0:00:42`
  public var description: String {
    let seconds = Int(min(remainingSeconds.rounded(.up), 359_999))
    let clock = "\(seconds / 3600):\(Self.two(seconds / 60 % 60)):\(Self.two(seconds % 60))"
    let tenths = (itemsPerSecond * 10).rounded() / 10
    let rate = itemsPerSecond < 10 ? "\(tenths)" : "\(Int(itemsPerSecond))"
    let percent = completed * 100 / max(1, count)
    return "\(completed)/\(count)  \(percent)%  \(rate) items/s  ETA \(clock)"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// What preparing a data set came to.
public struct PreparationSummary: Sendable, Hashable {
  /// Where it was written.
  public var path: String
  /// Items in all.
  public var count: Int
  /// Items that an earlier, unfinished preparation had made.
  public var keptCount: Int
  /// Items kept out of training.
  public var heldOutCount: Int
  /// Bytes of the file.
  public var fileLength: Int
  /// The settings, with the reference level that was found.
  public var referenceLevel: Double
  /// Seconds it took.
  public var seconds: Double
}
