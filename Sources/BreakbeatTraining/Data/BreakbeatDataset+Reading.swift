internal import SpectralAudio
internal import Synchronization

extension BreakbeatDataset {
  /// Writes pictures one after the other, as numbers in 0...1: `[items, bands, frames]`; for
  /// files that may be damaged, or cut and changed while they are open.
  ///
  /// - Throws: ``TrainingDataError`` when the file no longer holds what was prepared: a picture is
  ///   compared with its checksum when it is read for the first time, and every time once the file
  ///   was written to.
  public func readPixels(
    of items: some Collection<Int>, into batch: inout [Float]
  ) throws(TrainingDataError) {
    let length = settings.pixelCount
    precondition(
      items.count * length <= batch.count,
      "BreakbeatDataset: \(items.count) pictures of \(length) pixels into \(batch.count)")
    var pixels = [UInt8](repeating: 0, count: header.pixelStride)
    let isUntouched = reader.file.isUntouched
    for (slot, item) in items.enumerated() {
      try read(item, into: &pixels, isUntouched: isUntouched)
      batch.withUnsafeMutableBufferPointer { batch in
        let picture = batch[slot * length..<(slot + 1) * length]
        for (index, pixel) in zip(picture.indices, pixels) { batch[index] = Float(pixel) / 255 }
      }
    }
  }

  /// The picture of an item as numbers in 0...1; as ``readPixels(of:into:)`` reads it.
  public func readPixels(of item: Int) throws(TrainingDataError) -> [Float] {
    var pixels = [Float](repeating: 0, count: settings.pixelCount)
    try readPixels(of: CollectionOfOne(item), into: &pixels)
    return pixels
  }

  private func read(
    _ item: Int, into pixels: inout [UInt8], isUntouched: Bool
  ) throws(TrainingDataError) {
    precondition((0..<count).contains(item), "BreakbeatDataset: item \(item) of \(count)")
    try reader.read(at: reader.prefix.pixelOffset + item * pixels.count, into: &pixels)
    guard !isUntouched || !checkedItems.contains(item) else { return }
    var row = [UInt8](repeating: 0, count: DatasetEntry.length)
    try reader.read(at: reader.prefix.tableOffset + item * row.count, into: &row)
    let entry = row.withUnsafeBytes { DatasetEntry($0, at: 0) }
    guard pixels.withUnsafeBytes({ PartialDataset.checksum($0) }) == entry.checksum else {
      guard isUntouched else {
        throw TrainingDataError(
          .datasetChanged, "\(path) was written to while it was in use: item \(item) has changed",
          remedy: "put the data set back")
      }
      throw TrainingDataError(
        .damagedDataset, "\(path): the picture of item \(item) is damaged",
        remedy: "copy the data set again, or make it again with vamen prepare")
    }
    checkedItems.insert(item)
  }
}

/// Items whose pictures were found to be what was prepared.
final class CheckedItems: Sendable {
  private let flags: Mutex<[Bool]>

  init(count: Int) { flags = Mutex(Array(repeating: false, count: count)) }

  func contains(_ item: Int) -> Bool { flags.withLock { $0[item] } }

  func insert(_ item: Int) { flags.withLock { $0[item] = true } }
}

extension DatasetReader {
  /// Reads a whole buffer; see ``MappedFile/read(at:into:)``.
  fileprivate func read(at offset: Int, into bytes: inout [UInt8]) throws(TrainingDataError) {
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result<Void, TrainingDataError> { () throws(TrainingDataError) in
        try file.read(at: offset, into: buffer)
      }
    }
    try result.get()
  }
}
