public import VulkanCompute

/// How fast a device is at best, measured and not quoted: what the speed of a kernel is held
/// against.
///
/// On Vulkan a kernel of independent multiply-adds and a kernel that copies, by the device's own
/// clock; on the CPU the matrix product of 768 x 768 and a copy on all threads. The best of several
/// runs, because everything that disturbs makes slower.
public struct DeviceCeilings: Sendable, Hashable, Codable {
  /// Operations per second, a multiply-add being two.
  public var arithmetic: Double
  /// Bytes read and written per second.
  public var bandwidth: Double

  /// Ceilings.
  public init(arithmetic: Double, bandwidth: Double) {
    self.arithmetic = arithmetic
    self.bandwidth = bandwidth
  }

  /// The least seconds that a step can take: it computes and moves bytes at the same time.
  public func seconds(for step: StepTiming) -> Double {
    max(step.arithmetic / arithmetic, Double(step.byteCount) / bandwidth)
  }

  /// Measures a backend, in a second or so.
  public init(measuring backend: any Backend) throws {
    switch backend {
    case let vulkan as VulkanBackend: try self.init(measuring: vulkan.device)
    case let cpu as CPUBackend: try self.init(measuring: cpu)
    default: preconditionFailure("\(backend.name): no way to measure it")
    }
  }

  /// The best rate of several runs of some work.
  package static func bestRate(
    of work: Double, runs: Int = 5, seconds: () throws -> Double
  ) rethrows -> Double {
    var best = 0.0
    for _ in 0..<runs { best = max(best, work / max(try seconds(), 1e-9)) }
    return best
  }
}

extension DeviceCeilings {
  private init(measuring backend: CPUBackend) throws {
    let size = 768
    let numbers = (0..<size * size).map { Float($0 % 17) / 17 }
    let (a, b) = (Tensor.input([size, size]), Tensor.input([size, size]))
    var options = CompileOptions()
    options.timestamps = true
    let program = try Program(
      outputs: [matrixProduct(a, b)], on: backend, label: "ceiling", options: options)
    try program.set(a, to: numbers)
    try program.set(b, to: numbers)
    let work = 2 * Double(size * size * size)
    arithmetic = try Self.bestRate(of: work, runs: 15) {
      try program.run()
      return try program.timings().reduce(0) { $0 + $1.seconds }
    }
    let byteCount = 64 << 20
    let source = try CPUStorage(byteCount: byteCount, label: "ceiling")
    let target = try CPUStorage(byteCount: byteCount, label: "ceiling")
    bandwidth = Self.bestRate(of: 2 * Double(byteCount)) {
      let start = ContinuousClock.now
      backend.workers.forEachRange(byteCount, grain: 1 << 20) { range in
        let piece = UnsafeMutableRawBufferPointer(rebasing: target.bytes[range])
        piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: source.bytes[range]))
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
  }
}
