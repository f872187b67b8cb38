internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The event files of a run, for `tensorboard --logdir RUN`.
///
/// Every time a run starts or goes on there is a new file, whose name sorts after the older ones and
/// whose second event says from which step on it counts. Records of older files past that step are
/// cut off, so that the files also read as one run without that event.
package struct EventFiles {
  /// The folder in a run folder.
  static let folder = "tensorboard"

  private let path: String
  private let dates: @Sendable () -> Double

  /// Begins a file for the steps after some.
  ///
  /// - Parameters:
  ///   - run: The run folder.
  ///   - step: The last step whose records stay.
  ///   - keepsPreview: Whether its pictures and sounds stay too, or only its numbers.
  ///   - clock: For the dates of records.
  package init(
    run: String, after step: Int, keepingPreview keepsPreview: Bool = true, clock: RunClock
  ) throws {
    let folder = run + "/" + Self.folder
    try makeFolder(folder)
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { Self.number($0) != nil }.sorted()
    var latest = 0.0
    for name in names {
      let records = try Self.cut("\(folder)/\(name)", after: step, keepsPreview: keepsPreview)
      latest = max(latest, records.map(\.date).max() ?? 0)
    }
    let next = (names.compactMap(Self.number).max() ?? -1) + 1
    path = "\(folder)/\(Self.name(next))"
    dates = clock.dates(from: latest)
    let first = [
      Event(date: dates(), step: 0, content: .fileVersion),
      Event(date: dates(), step: step + 1, content: .start),
    ]
    try AtomicFile.write(first.flatMap(\.record), to: path)
  }

  private static let prefix = "events.out.tfevents."

  private static func name(_ number: Int) -> String {
    let digits = "\(number)"
    return prefix + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".vamen"
  }

  /// The number of a file's name; `nil` for a file of somebody else.
  private static func number(_ name: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(".vamen") else { return nil }
    let number = Int(name.dropFirst(prefix.count).dropLast(6))
    return number.flatMap { (0...999_999_999).contains($0) ? $0 : nil }
  }

  /// Appends an event with a single write.
  package func append(step: Int, _ values: [(tag: String, value: Event.Value)]) throws {
    let event = Event(date: dates(), step: step, content: .summary(values))
    try appendWhole(event.record, to: path)
  }

  /// Waits until the events are on the disk.
  func synchronize() throws { try synchronizeFile(path) }

  /// Cuts a file before its first record that is damaged, of a later step or of a preview that does
  /// not stay, which comes after the numbers of its step; returns what is left.
  private static func cut(
    _ path: String, after step: Int, keepsPreview: Bool
  ) throws -> [EventRecord] {
    let bytes = FileManager.default.contents(atPath: path).map { Array($0) } ?? []
    var (records, position) = ([EventRecord](), 0)
    while let record = EventRecord(bytes, at: position), record.step <= step || record.isStart {
      let isPreview =
        record.step == step && !record.isStart && records.last?.step == step
        && records.last?.isStart == false
      if isPreview && !keepsPreview { break }
      records.append(record)
      position = record.end
    }
    if position < bytes.count { try AtomicFile.write(bytes[..<position], to: path) }
    return records
  }
}

/// What cutting needs to know of a record.
package struct EventRecord {
  /// Seconds since 1970.
  package let date: Double
  package let step: Int
  /// Whether it holds no summary, and so counts at any step.
  package let isStart: Bool
  /// Where the next record begins.
  package let end: Int

  /// The record at a position; `nil` at the end, for a damaged one, and for one of another program.
  package init?(_ bytes: [UInt8], at start: Int) {
    func number<Value: FixedWidthInteger>(_ offset: Int) -> Value {
      bytes.withUnsafeBytes {
        Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
      }
    }
    guard bytes.count - start >= 16 else { return nil }
    let length = Int(clamping: number(start) as UInt64)
    guard CRC32C.masked(bytes[start..<start + 8]) == number(start + 8),
      length <= bytes.count - start - 16
    else { return nil }
    let message = bytes[start + 12..<start + 12 + length]
    end = start + 16 + length
    // As our own writer has it: the date, the step, then one content.
    guard CRC32C.masked(message) == number(end - 4), length > 11,
      message[start + 12] == 0x09, message[start + 21] == 0x10
    else { return nil }
    date = Double(bitPattern: number(start + 13))
    var (value, shift, position) = (UInt64(0), UInt64(0), start + 22)
    while position < end - 4, bytes[position] >= 0x80, shift < 56 {
      value |= UInt64(bytes[position] & 0x7F) << shift
      shift += 7
      position += 1
    }
    guard position < end - 5 else { return nil }
    step = Int(value | UInt64(bytes[position] & 0x7F) << shift)
    isStart = bytes[position + 1] != 0x2A
  }
}
