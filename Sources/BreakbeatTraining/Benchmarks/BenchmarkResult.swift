public import Tensors
internal import VulkanCompute

/// What running a program again and again showed.
public struct BenchmarkResult: Sendable, Hashable, Codable {
  /// What was run: `train`, `decode` or `sound`.
  public var mode: String
  /// Sizes of the model.
  public var preset: String
  /// Pictures of a run.
  public var batchSize: Int
  /// Pictures at a time, where a step is taken in parts.
  public var microBatchSize: Int?
  /// Whether training steps left out averaged weights and the guard against spikes; `nil` where
  /// nothing was trained.
  public var isPlain: Bool?
  /// What training steps store their feature maps in; `nil` where nothing was trained.
  public var precision: Precision?
  /// How decoding and sound round; `nil` of training.
  public var arithmetic: Arithmetic?
  /// The device.
  public var device: String
  /// Seconds to compile and record, once.
  public var compileSeconds: Double
  /// Seconds of the fastest run.
  public var bestSeconds: Double
  /// Median of the seconds of all runs.
  public var medianSeconds: Double
  /// Runs measured.
  public var runs: Int
  /// Pictures per second, by the median.
  public var imagesPerSecond: Double
  /// Billions of operations per second, by the median.
  public var gigaflops: Double
  /// Time outside kernels.
  public var replay: ReplayOverhead?
  /// Bytes of variables.
  public var variableByteCount: Int
  /// What was compiled.
  public var report: ProgramReport
  /// Time by operation, the longest first; empty where the device cannot measure times.
  public var operations: [OperationTime]
}

/// Where the time of a run goes that no kernel has.
///
/// Of each run the host's clock gives the time from handing inputs over to having read the results.
/// The program is the same as without measuring but for two timestamps around every group of
/// kernels that no barrier divides: the device's clock gives the time in kernels (overlapping ones
/// counted once) and the span from the first to the last. So kernels overlap as they always do; a
/// timestamp after every kernel would forbid it.
public struct ReplayOverhead: Sendable, Hashable, Codable {
  /// Seconds in kernels and copies, median.
  public var kernelSeconds: Double
  /// Seconds at barriers and between submissions, median.
  public var gapSeconds: Double
  /// Seconds before the device starts and after it has ended: setting inputs, submitting, waiting,
  /// reading.
  public var hostSeconds: Double
  /// Part of the run outside of kernels, 0...1.
  public var share: Double

  init(runs: [(wall: Double, activity: GraphActivity)]) {
    kernelSeconds = median(runs.map(\.activity.kernelSeconds))
    gapSeconds = median(runs.map { $0.activity.spanSeconds - $0.activity.kernelSeconds })
    hostSeconds = median(runs.map { max(0, $0.wall - $0.activity.spanSeconds) })
    share = median(runs.map { max(0, 1 - $0.activity.kernelSeconds / max($0.wall, 1e-12)) })
  }
}

/// The time of all steps of one name.
public struct OperationTime: Sendable, Hashable, Codable {
  /// Operation and shape of the result.
  public var label: String
  /// Kernels of this name in a run.
  public var count: Int
  /// Seconds in all of them, median.
  public var seconds: Double
  /// Part of all kernels' seconds, 0...1.
  public var share: Double
  /// Billions of operations per second.
  public var gigaflops: Double
  /// Billions of bytes per second, every operand counted once.
  public var gigabytesPerSecond: Double
  /// The least time that the device's ceilings allow, divided by the time taken.
  public var ceilingShare: Double

  /// Steps of runs, added up by name.
  static func summary(
    of runs: [[(timing: StepTiming, count: Int)]], ceilings: DeviceCeilings
  ) -> [OperationTime] {
    guard let first = runs.first else { return [] }
    var byLabel: [String: (count: Int, seconds: Double, timing: StepTiming, least: Double)] = [:]
    for index in first.indices {
      let (timing, count) = first[index]
      let seconds = Double(count) * median(runs.map { $0[index].timing.seconds })
      var sum = byLabel[timing.label] ?? (0, 0, StepTiming(label: timing.label, seconds: 0), 0)
      sum.count += count
      sum.seconds += seconds
      sum.timing.arithmetic += Double(count) * timing.arithmetic
      sum.timing.byteCount += count * timing.byteCount
      sum.least += Double(count) * ceilings.seconds(for: timing)
      byLabel[timing.label] = sum
    }
    let total = byLabel.values.reduce(0) { $0 + $1.seconds }
    return byLabel.map { label, sum in
      let seconds = max(sum.seconds, 1e-12)
      return OperationTime(
        label: label, count: sum.count, seconds: sum.seconds,
        share: sum.seconds / max(total, 1e-12),
        gigaflops: sum.timing.arithmetic / seconds / 1e9,
        gigabytesPerSecond: Double(sum.timing.byteCount) / seconds / 1e9,
        ceilingShare: sum.least / seconds)
    }.sorted { ($0.seconds, $1.label) > ($1.seconds, $0.label) }
  }
}

/// The middle of some numbers, or the mean of the two in the middle; 0 of none.
func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  guard !sorted.isEmpty else { return 0 }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
