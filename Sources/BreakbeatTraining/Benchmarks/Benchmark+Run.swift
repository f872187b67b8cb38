internal import Breakbeats
public import Tensors
internal import VulkanCompute

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Benchmark {
  /// Training steps with everything around them that `vamen train` does at every step: pictures read
  /// from a data set file, the report, rows of metrics, events for TensorBoard.
  ///
  /// Wall time is that from the end of a step's rows to the end of the next one's; the device's is from
  /// the step's first kernel to the end of its last, of the same step, so that other work on the machine
  /// changes their ratio little. A data set of the synthetic drummer and the run's files are written to
  /// the temporary folder and removed.
  ///
  /// **Cost** preparing four batches of pictures, one compilation, ``runs`` steps and two that do not
  /// count.
  public func run() async throws -> RunBenchmarkResult {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("vamen-benchmark-\(UUID().uuidString)").path
    try makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/breaks.vamen"
    let preparation = DatasetPreparation(
      settings: preset.configuration.spectrogram, count: 4 * batchSize + 1, seed: 1,
      heldOutFraction: 0.01)
    try await preparation.write(BreakSource.syntheticBreaks(), to: path)
    let data = try BreakbeatDataset(contentsOf: path)
    var settings = settings
    settings.model.spectrogram = data.settings
    settings.steps = runs + 2

    var options = CompileOptions()
    options.groupTimestamps = true
    let choice = BackendChoice(backend, reason: "measured")
    let trainer = try Trainer(
      settings, data: data, choice: choice, clock: .system, options: options)
    let run = try RunFolder(creating: folder + "/run", settings: settings, data: data)
    var files = try RunFiles(
      run, trainer: trainer, choice: choice, cadence: .init(), start: 0, clock: .system)
    var (steps, rows, onDevice): ([Double], [Double], [Double]) = ([], [], [])
    let clock = ContinuousClock()
    for _ in 0..<settings.steps {
      let start = clock.now
      let report = try await trainer.takeStep()
      let taken = clock.now
      try files.log(report, always: false)
      steps.append((clock.now - start) / .seconds(1))
      rows.append((clock.now - taken) / .seconds(1))
      onDevice.append(try await trainer.deviceSeconds())
    }
    let counted = 2..<settings.steps
    return RunBenchmarkResult(
      preset: preset.rawValue, batchSize: batchSize, microBatchSize: settings.partialBatchSize,
      isPlain: isPlain, precision: precision, device: backend.name, runs: runs,
      medianSeconds: median(Array(steps[counted])),
      deviceSeconds: median(Array(onDevice[counted])),
      hostSeconds: median(counted.map { max(0, steps[$0] - rows[$0] - onDevice[$0]) }),
      rowSeconds: median(Array(rows[counted])),
      hostShare: median(counted.map { max(0, 1 - onDevice[$0] / max(steps[$0], 1e-12)) }))
  }
}

/// What of training steps passed outside the device.
public struct RunBenchmarkResult: Sendable, Hashable, Codable {
  /// `run`.
  public private(set) var mode = "run"
  /// Sizes of the model.
  public var preset: String
  /// Pictures of a step.
  public var batchSize: Int
  /// Pictures at a time, where a step is taken in parts.
  public var microBatchSize: Int?
  /// Whether steps left out averaged weights and the guard against spikes.
  public var isPlain: Bool
  /// What steps stored their feature maps in.
  public var precision: Precision
  /// The device.
  public var device: String
  /// Steps measured.
  public var runs: Int
  /// Seconds of a step with its rows, median.
  public var medianSeconds: Double
  /// Seconds on the device, barriers and pauses between submissions included, median. In a step taken in
  /// parts, the last part stands for all.
  public var deviceSeconds: Double
  /// Seconds of a step outside the device: pictures, numbers, submitting, waiting, reading; median.
  public var hostSeconds: Double
  /// Seconds of rows and events, median.
  public var rowSeconds: Double
  /// Part of a step with its rows outside the device, 0...1, median.
  public var hostShare: Double

  /// A line for people.
  public var text: String {
    let parts =
      (microBatchSize.map { ", \($0) at a time" } ?? "")
      + (precision == .mixed ? ", mixed precision" : "") + (isPlain ? ", plain" : "")
    return "run, \(preset), batch \(batchSize)\(parts): "
      + "\(milliseconds(medianSeconds)) a step, \((100 * hostShare).rounded(places: 2)) % of it "
      + "outside of the device: host \(milliseconds(hostSeconds)), rows and events "
      + "\(milliseconds(rowSeconds)), device \(milliseconds(deviceSeconds))"
  }
}
