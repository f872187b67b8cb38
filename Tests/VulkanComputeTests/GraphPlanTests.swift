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
    options.workPerSubmission = 30_000  // three fills of 1000 bytes, ten operations each
    let plan = try GraphPlan(graph, limits: DeviceLimits(), options: options)
    #expect(plan.steps.map(\.submission) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3])
    #expect(plan.report.submissions == 4)
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

  @Test func graphvizNamesStepsAndQuotesLabels() throws {
    var graph = DispatchGraph(label: "picture")
    let (a, b) = (graph.transient(byteCount: 256, label: "a"), graph.transient(byteCount: 256))
    graph.fill(a, label: "say \"one\"")
    graph.copy(from: a, to: b, label: "copy")
    let text = try GraphPlan(graph, limits: DeviceLimits()).graphviz
    #expect(text.contains(#"s0 [label="say \"one\""]"#))
    #expect(text.contains(#"s0 -> s1 [label="a 1 KiB"]"#))
    #expect(text.contains("cluster_1"))
  }
}
