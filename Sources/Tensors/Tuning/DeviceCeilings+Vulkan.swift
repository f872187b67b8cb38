import TensorKernels
import VulkanCompute

extension DeviceCeilings {
  init(measuring device: Device) throws {
    // Twice the work until a run is long beside the clock's steps and the launch.
    let enough = device.description.kind == .software ? 0.02 : 0.002
    var count = 1 << 12
    var run = try ArithmeticRun(device, count: count)
    while try run.seconds() < enough, count < 1 << 22 {
      count *= 2
      run = try ArithmeticRun(device, count: count)
    }
    arithmetic = try Self.bestRate(of: run.operations, seconds: run.seconds)

    let most = device.description.kind == .software ? 32 << 20 : 256 << 20
    let limits = device.limits
    let byteCount = [
      most, limits.maxStorageBufferRange, limits.maxMemoryAllocationSize,
      device.availableMemoryByteCount / 8,
    ].reduce(most, min)
    let copy = try CopyRun(device, count: max(1, byteCount / 16))
    bandwidth = try Self.bestRate(of: copy.bytes, seconds: copy.seconds)
  }
}

/// A graph of one kernel, timed by the device where it can, by the host elsewhere.
private struct MeasuredGraph {
  private let graph: CompiledGraph
  private let isTimedByDevice: Bool

  init(_ graph: DispatchGraph, on device: Device) throws {
    var options = CompileOptions()
    isTimedByDevice = device.description.features.timestamps
    options.timestamps = isTimedByDevice
    self.graph = try graph.compile(for: device, options: options)
    // Once for whatever a first run has to do.
    try self.graph.run()
  }

  func seconds() throws -> Double {
    let start = ContinuousClock.now
    try graph.run()
    guard isTimedByDevice else { return (ContinuousClock.now - start) / .seconds(1) }
    return try graph.timings().reduce(0) { max($0, $1.seconds) }
  }
}

/// The kernel of multiply-adds.
private struct ArithmeticRun {
  private static let rounds = 512
  let operations: Double
  private let graph: MeasuredGraph

  init(_ device: Device, count: Int) throws {
    operations = Double(count * Self.rounds * 64)
    var graph = DispatchGraph(label: "arithmetic ceiling")
    let values = graph.transient(byteCount: count * 16, label: "values")
    let result = graph.transient(byteCount: count * 16, label: "result")
    graph.fill(values, with: Float(0.5).bitPattern)
    graph.dispatch(
      MeasureArithmeticKernel.self, .init(values: values, result: result),
      specialization: .init(rounds: UInt32(Self.rounds)), constants: .init(count: UInt32(count)),
      workgroups: .covering(count, by: 128), arithmetic: operations)
    self.graph = try MeasuredGraph(graph, on: device)
  }

  func seconds() throws -> Double { try graph.seconds() }
}

/// The kernel that copies.
private struct CopyRun {
  let bytes: Double
  private let graph: MeasuredGraph

  init(_ device: Device, count: Int) throws {
    bytes = 2 * Double(count * 16)
    let (from, to) = (
      try device.makeBuffer(byteCount: count * 16, label: "copy from"),
      try device.makeBuffer(byteCount: count * 16, label: "copy to")
    )
    var graph = DispatchGraph(label: "copy ceiling")
    let (values, result) = (graph.external(from), graph.external(to))
    graph.dispatch(
      MeasureCopyKernel.self, .init(values: values, result: result), specialization: .init(),
      constants: .init(count: UInt32(count)), workgroups: .covering(count, by: 128))
    self.graph = try MeasuredGraph(graph, on: device)
  }

  func seconds() throws -> Double { try graph.seconds() }
}
