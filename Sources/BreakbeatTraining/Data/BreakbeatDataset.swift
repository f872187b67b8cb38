public import SpectralAudio

/// Pictures of randomized loops, read from a `.vamen` file mapped into memory.
///
///     let breaks = try BreakbeatDataset(contentsOf: "breaks.vamen")
///     var batch = [Float](repeating: 0, count: 32 * breaks.settings.pixelCount)
///     try breaks.readPixels(of: breaks.trainingIndices.prefix(32), into: &batch)
///
/// Opening a file reads its header and item table; pictures are read when they are used. The file
/// must not change while it is open.
public struct BreakbeatDataset: Sendable {
  /// Where it was read from.
  public let path: String
  /// Items of the set.
  public let count: Int
  /// What the pictures look like, with the reference level of this set.
  public let settings: SpectrogramSettings
  /// The breaks it was made from.
  public let sources: [DatasetSource]
  /// How breaks were cut and brought to the grid.
  public var fitting: BreakFitting { header.fitting }
  /// What is held out of training.
  public var heldOut: HeldOut { header.heldOut }
  /// How often each move was made.
  public let recipe: Recipe
  /// The seed of every item.
  public let seed: UInt64
  /// Items to train with, ascending.
  public let trainingIndices: [Int]
  /// Items to evaluate with, ascending.
  public let heldOutIndices: [Int]
  /// SHA-256 of the header: equal for equal sources, settings, recipe, seed and count.
  public let digest: String

  let header: DatasetHeader
  let reader: DatasetReader
  let checkedItems: CheckedItems
  private let pixelStride: Int

  /// Opens a data set.
  ///
  /// - Throws: ``TrainingDataError`` if the file is missing, unreadable, no data set, damaged or of
  ///   a newer format.
  public init(contentsOf path: String) throws(TrainingDataError) {
    var reader = try DatasetReader(path: path)
    let (header, json) = try reader.read()
    self.path = path
    self.reader = reader
    self.header = header
    count = header.count
    settings = header.settings
    sources = header.sources
    recipe = header.recipe
    seed = header.seed
    pixelStride = header.pixelStride
    checkedItems = CheckedItems(count: header.count)
    digest = SHA256.hexadecimal(json)
    var training: [Int] = []
    var heldOut: [Int] = []
    for index in 0..<header.count {
      if reader.entry(index).isHeldOut { heldOut.append(index) } else { training.append(index) }
    }
    trainingIndices = training
    heldOutIndices = heldOut
  }

  /// Lends the 8-bit picture of an item: row-major `[bands, frames]`, lowest band first.
  public func withPixels<Result>(
    of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    precondition(indices.contains(index), "BreakbeatDataset: item \(index) of \(count)")
    let start = reader.prefix.pixelOffset + index * pixelStride
    let pixels = UnsafeRawBufferPointer(
      rebasing: reader.file.bytes[start..<start + settings.pixelCount])
    return try withExtendedLifetime(reader) { try body(pixels) }
  }

  /// The picture of an item as numbers in 0...1, without a look at its checksum;
  /// ``readPixels(of:)`` compares it.
  public func pixels(of index: Int) -> [Float] {
    withPixels(of: index) { pixels in pixels.map { Float($0) / 255 } }
  }

  /// Writes pictures one after the other, as numbers in 0...1: `[items, bands, frames]`.
  public func copyPixels(of items: some Collection<Int>, into batch: inout [Float]) {
    batch.withUnsafeMutableBufferPointer { copyPixels(of: items, into: $0) }
  }

  /// Writes pictures one after the other, as numbers in 0...1: `[items, bands, frames]`.
  public func copyPixels(
    of items: some Collection<Int>, into batch: UnsafeMutableBufferPointer<Float>
  ) {
    let length = settings.pixelCount
    precondition(
      items.count * length <= batch.count,
      "BreakbeatDataset: \(items.count) pictures of \(length) pixels into \(batch.count)")
    for (slot, item) in items.enumerated() {
      withPixels(of: item) { pixels in
        for (offset, pixel) in pixels.enumerated() {
          batch[slot * length + offset] = Float(pixel) / 255
        }
      }
    }
  }

  /// Items whose pictures are not what was written, found by their checksums.
  ///
  /// - Cost: reads the whole file.
  public func damagedItems() -> [Int] {
    indices.filter { index in
      let start = reader.prefix.pixelOffset + index * pixelStride
      let pixels = UnsafeRawBufferPointer(
        rebasing: reader.file.bytes[start..<start + pixelStride])
      return PartialDataset.checksum(pixels) != reader.entry(index).checksum
    }
  }

  /// The randomizer's decisions for an item, as a line of a tracker.
  public func recipeText(of index: Int) -> String {
    precondition(indices.contains(index), "BreakbeatDataset: item \(index) of \(count)")
    let entry = reader.entry(index)
    let start = reader.prefix.textOffset + entry.textOffset
    return String(decoding: reader.file.bytes[start..<start + entry.textLength], as: UTF8.self)
  }

  /// The break an item was made of.
  public func source(of index: Int) -> DatasetSource {
    precondition(indices.contains(index), "BreakbeatDataset: item \(index) of \(count)")
    return sources[reader.entry(index).source]
  }

  private var indices: Range<Int> { 0..<count }
}
