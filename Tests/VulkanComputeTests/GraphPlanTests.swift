import Testing
import VulkanCompute

@Suite("Planning")
struct GraphPlanTests {
  @Test(arguments: 0..<40 as Range<UInt64>)
  func everyHazardIsSeparatedAndNoBarrierIsSpare(seed: UInt64) throws {
    let random = RandomGraph(seed: seed, stepCount: 40, external: nil)
    let plan = try GraphPlan(random.graph, limits: DeviceLimits())
    #expect(plan.faults() == [])
    for index in plan.steps.indices where plan.steps[index].needsBarrier {
      var weaker = plan
      weaker.steps[index].needsBarrier = false
      #expect(!weaker.faults().isEmpty, "the barrier before step \(index) is not needed")
    }
  }

  @Test func theCheckerSeesAValueOverwritten() throws {
    var graph = DispatchGraph(label: "checker")
    let (a, b) = (graph.transient(byteCount: 256), graph.transient(byteCount: 256))
    let c = graph.transient(byteCount: 256)
    graph.fill(a, with: 1)
    graph.fill(b, with: 2)
    graph.copy(from: a, to: c)
    var plan = try GraphPlan(graph, limits: DeviceLimits())
    #expect(plan.faults() == [])
    plan.steps[1].accesses[0].place = plan.steps[0].accesses[0].place
    #expect(plan.faults().contains { $0.contains("overwrites") })
  }

  @Test func independentStepsShareOneBarrier() throws {
    var graph = DispatchGraph(label: "fan")
    let parts = (0..<8).map { _ in graph.transient(byteCount: 256) }
    let whole = graph.transient(byteCount: 2048)
    for part in parts { graph.fill(part, with: 3) }
    for (index, part) in parts.enumerated() {
      graph.copy(from: part, to: whole.slice(offset: index * 256, byteCount: 256))
    }
    let plan = try GraphPlan(graph, limits: DeviceLimits())
    #expect(plan.report.barriers == 1)
    #expect(plan.report.copies == 16)
  }

  @Test func workIsCutIntoSubmissions() throws {
    var graph = DispatchGraph(label: "long")
    let range = graph.transient(byteCount: 1000)
    for _ in 0..<10 { graph.fill(range) }
    var options = CompileOptions()
    options.secondsPerSubmission = 3e-6  // three fills of 1000 bytes at 1 GB/s
    let plan = try GraphPlan(
      graph, limits: DeviceLimits(), options: options,
      rate: WorkRate(arithmetic: 1e9, bytes: 1e9))
    #expect(plan.steps.map(\.piece) == Array(0..<10))
    let submissions = GraphPlan.submissions(
      of: plan.pieceSeconds, lasting: plan.secondsPerSubmission)
    #expect(submissions == [0..<3, 3..<6, 6..<9, 9..<10])
    #expect(plan.report.submissions == 4)
  }

  @Test func arithmeticAndBytesAreBothWork() throws {
    var graph = DispatchGraph(label: "work")
    let range = graph.transient(byteCount: 4000)
    graph.fill(range)
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: range), constants: .init(count: 1000),
      workgroups: .covering(1000, by: 64), arithmetic: 5000)
    let plan = try GraphPlan(
      graph, limits: DeviceLimits(), rate: WorkRate(arithmetic: 1e9, bytes: 2e9))
    #expect(plan.steps.map { ($0.seconds * 1e9).rounded() } == [2000, 7000])
  }

  @Test func aPieceThatIsTooLongIsASubmissionOfItsOwn() {
    let submissions = GraphPlan.submissions(of: [1, 9, 1, 1, 1, 4], lasting: 3)
    #expect(submissions == [0..<1, 1..<2, 2..<5, 5..<6])
    #expect(GraphPlan.submissions(of: [1, 1], lasting: .infinity) == [0..<2])
    #expect(GraphPlan.submissions(of: [0], lasting: 1) == [0..<1])
  }

  @Test func manyStepsAreRecordedInFewPieces() throws {
    var graph = DispatchGraph(label: "many")
    let range = graph.transient(byteCount: 1000)
    for _ in 0..<1000 { graph.fill(range) }
    let plan = try GraphPlan(graph, limits: DeviceLimits())
    #expect((100...200).contains(plan.pieceSeconds.count))
  }

  @Test func tooManyWorkgroupsAreRefusedWithTheStep() {
    var graph = DispatchGraph(label: "grid")
    let values = graph.transient(byteCount: 256)
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: values), constants: .init(count: 1),
      workgroups: WorkgroupCount(1, 65536), label: "tall")
    let error = #expect(throws: VulkanError.self) {
      try GraphPlan(graph, limits: DeviceLimits())
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message.contains("tall") == true)
    #expect(error?.message.contains("65536") == true)
  }

  @Test func aRangeBeyondTheDevicesReachIsRefused() {
    var graph = DispatchGraph(label: "range")
    let values = graph.transient(byteCount: 1 << 28, label: "wide")
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: values), constants: .init(count: 1),
      workgroups: WorkgroupCount(1))
    let error = #expect(throws: VulkanError.self) {
      try GraphPlan(graph, limits: DeviceLimits())
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message.contains("values") == true)
  }

  @Test func aDeviceWithTooFewBuffersOrConstantsIsNamedWithWhatToDo() {
    var graph = DispatchGraph(label: "mixing")
    let parts = (0..<3).map { _ in graph.transient(byteCount: 256) }
    graph.fill(parts[0])
    graph.fill(parts[1])
    graph.dispatch(
      MixValuesKernel.self, .init(a: parts[0], b: parts[1], outputValues: parts[2]),
      specialization: .init(salt: 0), constants: .init(count: 64, factor: 1),
      workgroups: WorkgroupCount(1), label: "mix")
    var (fewBuffers, fewConstants) = (DeviceLimits(), DeviceLimits())
    fewBuffers.maxPerStageDescriptorStorageBuffers = 2
    fewConstants.maxPushConstantsSize = 4
    for (limits, what) in [(fewBuffers, "3 storage buffers"), (fewConstants, "8 bytes of push")] {
      let error = #expect(throws: VulkanError.self) { try GraphPlan(graph, limits: limits) }
      #expect(error?.code == .limitExceeded)
      #expect(error?.message.contains("mix: \(what)") == true)
      #expect(error?.remedy.contains("the CPU") == true)
    }
  }

  @Test func anArenaLargerThanOneAllocationHasSeveralBlocks() throws {
    var limits = DeviceLimits()
    limits.maxMemoryAllocationSize = 4096
    var graph = DispatchGraph(label: "blocks")
    let parts = (0..<4).map { _ in graph.transient(byteCount: 3000) }
    for part in parts { graph.fill(part) }
    for part in parts.dropFirst() { graph.copy(from: parts[0], to: part) }
    let plan = try GraphPlan(graph, limits: limits)
    #expect(plan.arenaBlocks.count == 4)
    #expect(plan.faults() == [])
    let tooLarge = graph.transient(byteCount: 5000, label: "huge")
    graph.fill(tooLarge)
    let error = #expect(throws: VulkanError.self) { try GraphPlan(graph, limits: limits) }
    #expect(error?.message.contains("huge") == true)
  }
}
