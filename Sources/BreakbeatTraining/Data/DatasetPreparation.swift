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
/// threads. The file appears under its name only when it is whole. After cancelling the task, or a
/// kill, the same call goes on from what is done; an error leaves nothing behind.
public struct DatasetPreparation: Sendable {
  /// What the pictures look like; the reference level is found from the data.
  public var settings: SpectrogramSettings
  /// Items to make.
  public var count: Int
  /// The seed of every item.
  public var seed: UInt64
  /// How often each move is made.
  public var recipe: Recipe
  /// How breaks are cut and brought to the grid.
  public var fitting: BreakFitting
  /// What is kept out of training.
  public var heldOut: HeldOut
  /// Threads to use.
  public var workerCount: Int

  /// A preparation with its settings.
  public init(
    settings: SpectrogramSettings, count: Int, seed: UInt64, recipe: Recipe = Recipe(),
    fitting: BreakFitting = BreakFitting(), heldOutFraction: Double = 0.05,
    heldOutBy unit: HeldOut.Unit = .item, workerCount: Int? = nil
  ) {
    self.settings = settings
    self.count = count
    self.seed = seed
    self.recipe = recipe
    self.fitting = fitting
    heldOut = HeldOut(fraction: heldOutFraction, by: unit)
    self.workerCount = workerCount ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Writes the data set.
  ///
  /// - Parameters:
  ///   - breaks: what loops are made of.
  ///   - path: the file.
  ///   - progress: called now and then, from any thread, one call at a time.
  /// - Throws: ``TrainingDataError`` for settings, disk and folder; `CancellationError` when the
  ///   task is cancelled.
  @discardableResult
  public func write(
    _ breaks: [BreakSource], to path: String,
    progress: (@Sendable (PreparationProgress) -> Void)? = nil
  ) async throws -> PreparationSummary {
    let start = ContinuousClock.now
    guard (1...DatasetFormat.maximumItemCount).contains(count) else {
      throw TrainingDataError(
        .invalidSettings, "a data set of \(count) items",
        remedy: "give a count of 1 to \(DatasetFormat.maximumItemCount)")
    }
    try heldOut.check(sourceCount: breaks.count)
    let randomizer = try LoopRandomizer(
      breaks, settings: settings, recipe: recipe, fitting: fitting, seed: seed)
    let isHeldOut = heldOut.test(itemCount: count, sourceCount: breaks.count, seed: seed)
    var header = DatasetHeader(
      settings: settings, sources: breaks.map(DatasetSource.init), fitting: fitting,
      recipe: recipe, seed: seed, count: count, heldOut: heldOut, heldOutCount: 0,
      pixelStride: DatasetFormat.pixelStride(settings))
    // Tens of gigabytes are refused for lack of room before anything is computed from them.
    if count <= 1 << 26 {
      header.heldOutCount = (0..<count).count { isHeldOut($0, randomizer.sourceIndex(at: $0)) }
    }
    guard header.heldOutCount < count else {
      throw TrainingDataError(
        .invalidSettings, "all \(count) items are of sources held out",
        remedy: "give a larger --count or a smaller --holdout")
    }
    header.settings.referenceLevel = try await referenceLevel(randomizer)
    let json = try header.encoded()
    let file = try PartialDataset(
      for: path, header: json, count: count, stride: header.pixelStride)
    do {
      try await keepIntactItems(of: file)
      let kept = file.completed.count { $0 }
      let meter = ProgressMeter(count: count, completed: kept, report: progress)
      try await writePictures(randomizer, settings: header.settings, to: file, meter: meter)
      let (table, texts) = try itemTable(randomizer, file, isHeldOut)
      try Task.checkCancellation()
      let length = try file.commit(header: json, table: table, texts: texts)
      return PreparationSummary(
        path: path, count: count, keptCount: kept, heldOutCount: header.heldOutCount,
        fileLength: length, referenceLevel: header.settings.referenceLevel,
        seconds: (ContinuousClock.now - start) / .seconds(1))
    } catch {
      if !(error is CancellationError) { file.discard() }
      throw error
    }
  }

  /// The seed of an unfinished data set of the same name, to go on with.
  public static func unfinishedSeed(for path: String) -> UInt64? {
    DatasetReader.unfinishedHeader(PartialDataset.path(for: path))?.seed
  }
}
