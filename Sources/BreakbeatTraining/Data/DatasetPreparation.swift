public import SpectralAudio
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Makes a data set: breaks to randomized loops to pictures to one file.
///
///     let breaks = try BreakCollection(contentsOf: ["loops/"]).breaks
///     let preparation = DatasetPreparation(settings: .demo, count: 300, seed: 1)
///     try await preparation.write(breaks, to: "breaks.vamen") { print($0) }
///
/// The same breaks, settings, recipe, seed and count give the same bytes, whatever the number of
/// threads. The file appears under its name only when it is whole; cancelling the task, or any
/// error, leaves nothing behind.
public struct DatasetPreparation: Sendable {
  /// What the pictures look like; the reference level is found from the data.
  public var settings: SpectrogramSettings
  /// Items to make.
  public var count: Int
  /// The seed of every item.
  public var seed: UInt64
  /// How often each move is made.
  public var recipe: Recipe
  /// The share of items kept out of training; at least one item unless it is 0.
  public var heldOutFraction: Double
  /// Threads to use.
  public var workerCount: Int

  /// A preparation with its settings.
  public init(
    settings: SpectrogramSettings, count: Int, seed: UInt64, recipe: Recipe = Recipe(),
    heldOutFraction: Double = 0.05, workerCount: Int? = nil
  ) {
    self.settings = settings
    self.count = count
    self.seed = seed
    self.recipe = recipe
    self.heldOutFraction = heldOutFraction
    self.workerCount = workerCount ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Writes the data set.
  ///
  /// - Parameter progress: called now and then, from any thread, one call at a time.
  /// - Throws: ``TrainingDataError`` for settings, disk and folder; `CancellationError` when the
  ///   task is cancelled.
  @discardableResult
  public func write(
    _ breaks: [BreakSource], to path: String,
    progress: (@Sendable (PreparationProgress) -> Void)? = nil
  ) async throws -> PreparationSummary {
    let start = ContinuousClock.now
    try checkCounts()
    let randomizer = try LoopRandomizer(breaks, settings: settings, recipe: recipe, seed: seed)
    let stride = DatasetFormat.pixelStride(settings)
    let file = try TemporaryFile(for: path, reserving: count * (stride + 256) + (1 << 16))

    var header = DatasetHeader(
      settings: settings, sources: breaks.map(DatasetSource.init), recipe: recipe, seed: seed,
      count: count, heldOutCount: heldOutCount, pixelStride: stride)
    header.settings.referenceLevel = try await referenceLevel(randomizer)
    let json = try header.encoded()

    var prefix = DatasetPrefix()
    prefix.headerLength = json.count
    prefix.pixelOffset = (DatasetFormat.prefixLength + json.count + 4095) / 4096 * 4096
    prefix.tableOffset = prefix.pixelOffset + count * stride
    try await writePictures(
      randomizer, settings: header.settings, to: file, at: prefix.pixelOffset,
      meter: ProgressMeter(count: count, report: progress))

    let (table, texts) = itemTable(randomizer)
    prefix.textOffset = prefix.tableOffset + table.count
    prefix.fileLength = prefix.textOffset + texts.count
    prefix.checksum = DatasetFormat.checksum(json, table, texts)
    try file.write(table + texts, at: prefix.tableOffset)
    try file.write(prefix.bytes + json, at: 0)
    try Task.checkCancellation()
    try file.commit()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return PreparationSummary(
      path: path, count: count, heldOutCount: heldOutCount, fileLength: prefix.fileLength,
      referenceLevel: header.settings.referenceLevel, seconds: seconds)
  }

  private var heldOutCount: Int {
    guard heldOutFraction > 0, count > 1 else { return 0 }
    return min(count - 1, max(1, Int((Double(count) * heldOutFraction).rounded())))
  }

  private func checkCounts() throws(TrainingDataError) {
    guard (1...DatasetFormat.maximumItemCount).contains(count) else {
      throw TrainingDataError(
        .invalidSettings, "a data set of \(count) items",
        remedy: "give a count of 1 to \(DatasetFormat.maximumItemCount)")
    }
    guard (0...0.9).contains(heldOutFraction) else {
      throw TrainingDataError(
        .invalidSettings, "a held-out share of \(heldOutFraction)",
        remedy: "give a share of 0 to 0.9")
    }
  }

  /// The largest band power of the first items in decibels, to a hundredth.
  private func referenceLevel(_ randomizer: LoopRandomizer) async throws -> Double {
    let settings = settings
    let largest = Mutex<Float>(0)
    try await inParallel(min(count, 32)) {
      try SpectrogramAnalyzer(settings: settings)
    } body: { analyzer, index in
      let power = analyzer.bandPower(of: randomizer.loop(at: index).samples)
      let peak = power.reduce(0, max)
      largest.withLock { $0 = max($0, peak) }
    }
    let peak = largest.withLock { $0 }
    guard peak > 0 else {
      throw TrainingDataError(
        .silent, "the first loops are all silent", remedy: "use another source or recipe")
    }
    return (1000 * log10(Double(peak))).rounded() / 100
  }

  private func writePictures(
    _ randomizer: LoopRandomizer, settings: SpectrogramSettings, to file: TemporaryFile,
    at offset: Int, meter: ProgressMeter
  ) async throws {
    let stride = DatasetFormat.pixelStride(settings)
    try await inParallel(count) {
      try SpectrogramAnalyzer(settings: settings)
    } body: { analyzer, index in
      var pixels = analyzer.pixels(of: randomizer.loop(at: index).samples)
      pixels.append(contentsOf: repeatElement(0, count: stride - pixels.count))
      try file.write(pixels, at: offset + index * stride)
      meter.advance()
    }
  }

  private func itemTable(_ randomizer: LoopRandomizer) -> (table: [UInt8], texts: [UInt8]) {
    var table: [UInt8] = []
    var texts: [UInt8] = []
    for index in 0..<count {
      let text = Array(randomizer.text(at: index).utf8)
      let heldOut = DatasetFormat.isHeldOut(index, heldOut: heldOutCount, count: count)
      table.append(UInt32(randomizer.sourceIndex(at: index)))
      table.append(heldOut ? DatasetFormat.heldOutFlag : 0)
      table.append(UInt32(truncatingIfNeeded: texts.count))
      table.append(UInt32(text.count))
      texts += text
    }
    return (table, texts)
  }

  /// Runs a body for every index on all workers, each with a state of its own.
  private func inParallel<State>(
    _ count: Int, state: @escaping @Sendable () throws -> State,
    body: @escaping @Sendable (State, Int) throws -> Void
  ) async throws {
    let next = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<min(workerCount, count) {
        group.addTask {
          let state = try state()
          while true {
            try Task.checkCancellation()
            let index = next.take()
            guard index < count else { return }
            try body(state, index)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

extension DatasetSource {
  init(_ source: BreakSource) {
    self.init(
      name: source.name, path: source.path, digest: source.digest, tempo: source.tempo)
  }
}
