import Testing
import VulkanCompute

@Suite("Drawing graphs")
struct GraphvizTests {
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

  /// The arrows without their labels.
  private func edges(_ plan: GraphPlan) -> [String] {
    plan.graphviz.split(separator: "\n").filter { $0.contains("->") }.map { line in
      line.prefix { $0 != "[" }.split(separator: " ").joined(separator: " ")
    }
  }

  /// Eight slices that are stored one by one, all read at once.
  @Test func everySliceHasAnEdgeToWhoReadsThemAll() throws {
    var graph = DispatchGraph(label: "slices")
    let parts = (0..<8).map { _ in graph.transient(byteCount: 256) }
    let whole = graph.transient(byteCount: 2048, label: "whole")
    let (result, half) = (graph.transient(byteCount: 2048), graph.transient(byteCount: 1024))
    for part in parts { graph.fill(part) }
    for (index, part) in parts.enumerated() {
      graph.copy(from: part, to: whole.slice(offset: index * 256, byteCount: 256))
    }
    graph.copy(from: whole, to: result)
    graph.copy(from: whole.slice(offset: 128, byteCount: 1024), to: half)
    let plan = try GraphPlan(graph, limits: DeviceLimits())
    let edges = edges(plan)
    #expect(edges.count == 8 + 8 + 5)
    #expect(edges.filter { $0.hasSuffix("-> s16") } == (8..<16).map { "s\($0) -> s16" })
    #expect(edges.filter { $0.hasSuffix("-> s17") } == (8..<13).map { "s\($0) -> s17" })
    // A read of a slice is labelled with its bytes, not with those of the whole.
    #expect(plan.graphviz.contains(#"s8 -> s16 [label="whole 1 KiB"]"#))
  }

  @Test func whatIsStoredAgainHasNoEdgeAnyMore() throws {
    var graph = DispatchGraph(label: "again")
    let values = graph.transient(byteCount: 1024)
    let result = graph.transient(byteCount: 1024)
    graph.fill(values, with: 1)
    graph.fill(values.slice(offset: 256, byteCount: 256), with: 2)
    graph.copy(from: values, to: result)
    graph.fill(values, with: 3)
    graph.copy(
      from: values.slice(offset: 0, byteCount: 512), to: result.slice(offset: 0, byteCount: 512))
    #expect(
      edges(try GraphPlan(graph, limits: DeviceLimits()))
        == ["s0 -> s2", "s1 -> s2", "s3 -> s4"])
  }

  @Test func valuesThatSharedBytesHaveNoEdgeBetween() throws {
    var graph = DispatchGraph(label: "arena")
    let values = (0..<4).map { _ in graph.transient(byteCount: 256) }
    graph.fill(values[0])
    for (a, b) in zip(values, values.dropFirst()) { graph.copy(from: a, to: b) }
    let plan = try GraphPlan(graph, limits: DeviceLimits())
    #expect(plan.arenaByteCount == 512)
    #expect(edges(plan) == ["s0 -> s1", "s1 -> s2", "s2 -> s3"])
  }

  @Test(arguments: [nil, 3] as [UInt64?])
  func dispatchesInPartsAreOneStep(_ shuffle: UInt64?) throws {
    var graph = DispatchGraph(label: "parts")
    let values = graph.transient(byteCount: 256, label: "values")
    graph.fill(values)
    for _ in 0..<2 {
      graph.dispatch(
        NumberWorkgroupsKernel.self, .init(numbers: values), constants: .init(width: 1, height: 1),
        workgroups: .covering(1000, by: 1), arithmetic: 6.5e6, label: "long")
    }
    var options = CompileOptions()
    options.secondsPerSubmission = 1
    options.shuffleSeed = shuffle
    let plan = try GraphPlan(
      graph, limits: DeviceLimits(), options: options, rate: WorkRate(arithmetic: 1e6, bytes: 1e15))
    #expect(plan.report.dispatches == 14)
    #expect(edges(plan) == ["s0 -> s1", "s1 -> s2"])
    #expect(plan.graphviz.contains(#"s2 [label="long in 7 parts"];"#))
  }
}
