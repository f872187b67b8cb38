import SpectralAudio
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension DatasetPreparation {
  /// The largest band power of the first items in decibels, to a hundredth.
  func referenceLevel(_ randomizer: LoopRandomizer) async throws -> Double {
    let settings = settings
    let largest = Mutex<Float>(0)
    try await inParallel(min(count, 32)) {
      try SpectrogramAnalyzer(settings: settings)
    } body: { analyzer, index in
      let power = analyzer.bandPower(of: try randomizer.loop(at: index).samples)
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

  /// Finds what an earlier process wrote.
  func keepIntactItems(of file: PartialDataset) async throws {
    // One flag per item; neighbours may be written at the same time.
    let flags = Mutex([Bool](repeating: false, count: count))
    try await inParallel(count) {
    } body: { _, index in
      if file.isIntact(index) { flags.withLock { $0[index] = true } }
    }
    file.keep(flags.withLock { $0 })
  }

  func writePictures(
    _ randomizer: LoopRandomizer, settings: SpectrogramSettings, to file: PartialDataset,
    meter: ProgressMeter
  ) async throws {
    let stride = DatasetFormat.pixelStride(settings)
    let missing = (0..<count).filter { !file.completed[$0] }
    try await inParallel(missing.count) {
      try SpectrogramAnalyzer(settings: settings)
    } body: { analyzer, number in
      let index = missing[number]
      var pixels = analyzer.pixels(of: try randomizer.loop(at: index).samples)
      pixels.append(contentsOf: repeatElement(0, count: stride - pixels.count))
      try file.write(pixels, of: index)
      meter.advance()
    }
  }

  func itemTable(
    _ randomizer: LoopRandomizer, _ file: PartialDataset,
    _ isHeldOut: (_ item: Int, _ source: Int) -> Bool
  ) throws(TrainingDataError) -> (table: [UInt8], texts: [UInt8]) {
    var table: [UInt8] = []
    var texts: [UInt8] = []
    for index in 0..<count {
      let text = Array(randomizer.text(at: index).utf8)
      let source = randomizer.sourceIndex(at: index)
      var entry = DatasetEntry(
        source: source, isHeldOut: isHeldOut(index, source),
        checksum: try file.checksum(of: index))
      entry.textOffset = texts.count
      entry.textLength = text.count
      table += entry.bytes
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
