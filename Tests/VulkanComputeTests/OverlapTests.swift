import Testing
import VulkanCompute

/// Bytes that two operands of one step may not share. Plans are made of operands that are apart, and
/// then moved: a graph that is declared wrong traps.
@Suite("Overlap within a step", .opensDevices)
struct OverlapTests {
  /// The plan of one mix of the first 256 bytes of three transients.
  private func mix() throws -> GraphPlan {
    var graph = DispatchGraph(label: "mix")
    let ranges = ["a", "b", "c"].map { graph.transient(byteCount: 512, label: $0) }
    for range in ranges { graph.fill(range) }
    let parts = ranges.map { $0.slice(offset: 0, byteCount: 256) }
    graph.dispatch(
      MixValuesKernel.self, .init(a: parts[0], b: parts[1], outputValues: parts[2]),
      specialization: .init(salt: 0), constants: .init(count: 64, factor: 1),
      workgroups: WorkgroupCount(1), label: "mix")
    return try GraphPlan(graph, limits: DeviceLimits())
  }

  @Test func aKernelStoresToNoPartOfWhatItReads() throws {
    let plan = try mix()
    var step = try #require(plan.steps.last)
    #expect(step.overlap == nil)
    // Two that are only read may share bytes.
    let a = step.accesses[0].place
    step.accesses[1].place = a
    step.accesses[1].place.bytes = a.bytes.lowerBound + 128..<a.bytes.upperBound + 128
    #expect(step.overlap == nil)
    // In place: the same bytes exactly.
    step.accesses[1].place = a
    step.accesses[2].place = a
    #expect(step.overlap == nil)
    step.accesses[2].place.bytes = a.bytes.lowerBound + 252..<a.bytes.upperBound + 252
    let names = step.command.bindingNames
    #expect(
      step.overlap
        == "mix: bytes \(a.bytes) for \(names[0]) and \(step.accesses[2].place.bytes) for "
        + "\(names[2]) overlap in part")
    // Neighbours.
    step.accesses[2].place.bytes = a.bytes.upperBound..<a.bytes.upperBound + 256
    #expect(step.overlap == nil)
  }

  @Test(.enabled(if: TestDevice.isAvailable))
  func aCopyWithinABufferThatIsDeclaredTwiceIsLookedAt() throws {
    let device = try TestDevice.shared()
    let buffer = try device.makeBuffer(byteCount: 512, label: "values")
    var graph = DispatchGraph(label: "twice")
    let (first, second) = (graph.external(buffer), graph.external(buffer))
    graph.copy(
      from: first.slice(offset: 0, byteCount: 256), to: second.slice(offset: 256, byteCount: 256),
      label: "move")
    let plan = try GraphPlan(graph, limits: DeviceLimits())
    var step = try #require(plan.steps.first)
    #expect(step.overlap == nil)
    step.accesses[1].place.bytes = 252..<508
    #expect(step.overlap == "copy move: the ranges overlap")
    step.accesses[1].place.bytes = 0..<256
    #expect(step.overlap == "copy move: the ranges overlap")
  }
}

extension DispatchGraph.Command {
  /// What the buffers of a dispatch are called.
  fileprivate var bindingNames: [String] {
    guard case .dispatch(let kernel, _, _, _, _) = self else { return [] }
    return kernel.bindings.map(\.name)
  }
}
