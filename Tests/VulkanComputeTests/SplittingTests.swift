import Testing
import VulkanCompute

/// Dispatches that last longer than a submission may, run in parts.
@Suite("Dispatches in parts", .opensDevices)
struct SplittingTests {
  /// A plan of one dispatch that is estimated to last `submissions` times as long as a submission.
  private func plan(
    _ grid: WorkgroupCount, submissions: Double, countsOnItsGrid: Bool = false,
    shuffle: UInt64? = nil
  ) throws -> GraphPlan {
    var graph = DispatchGraph(label: "long")
    let values = graph.transient(byteCount: 256, label: "values")
    graph.fill(values)
    if countsOnItsGrid {
      graph.dispatch(
        DoubleValuesKernel.self, .init(values: values), constants: .init(count: 1),
        workgroups: grid, arithmetic: submissions * 1e6)
    } else {
      graph.dispatch(
        NumberWorkgroupsKernel.self, .init(numbers: values), constants: .init(width: 1, height: 1),
        workgroups: grid, arithmetic: submissions * 1e6)
    }
    var options = CompileOptions()
    options.secondsPerSubmission = 1
    options.shuffleSeed = shuffle
    return try GraphPlan(
      graph, limits: DeviceLimits(), options: options, rate: WorkRate(arithmetic: 1e6, bytes: 1e15))
  }

  private func parts(_ plan: GraphPlan) -> [GridPart] { plan.steps.compactMap(\.part) }

  @Test func partsCoverTheGrid() throws {
    let plan = try plan(.covering(1000, by: 1), submissions: 6.5)
    let parts = parts(plan)
    #expect(parts.count == 7)
    var next = 0
    for part in parts {
      #expect(part.first == [next, 0, 0])
      #expect(part.count.y == 1 && part.count.z == 1)
      next += part.count.x
    }
    #expect(next == 1000)
    #expect(plan.report.dispatches == 7)
    #expect(plan.report.barriers == 1)
    #expect(abs(plan.report.arithmetic - 6.5e6) < 1)
    #expect(plan.report.submissions == 7)
    #expect(plan.faults() == [])
    #expect(plan.steps.dropFirst(2).allSatisfy { !$0.needsBarrier && $0.seconds < 1 })
  }

  @Test func aFoldedGridIsCutIntoRows() throws {
    let grid = WorkgroupCount.covering(70_000, by: 1)
    #expect(grid.y == 256 && grid.x * grid.y >= 70_000 && grid.x * grid.y < 70_256)
    let parts = parts(try plan(grid, submissions: 5))
    #expect(parts.count == 5)
    #expect(parts.allSatisfy { $0.count.x == grid.x && $0.first[0] == 0 })
    #expect(parts.map(\.count.y).reduce(0, +) == 256)
  }

  @Test func otherGridsAreCutAlongTheirLastAxis() throws {
    let deep = parts(try plan(WorkgroupCount(3, 5, 4), submissions: 100))
    #expect(deep.map(\.first) == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 0, 3]])
    #expect(deep.allSatisfy { $0.count == WorkgroupCount(3, 5, 1) })
    let flat = parts(try plan(WorkgroupCount(3, 5), submissions: 2))
    #expect(flat.map(\.first) == [[0, 0, 0], [0, 2, 0]])
    #expect(flat.map(\.count.y) == [2, 3])
  }

  @Test func whatCannotBeCutStaysWhole() throws {
    #expect(parts(try plan(.covering(1, by: 1), submissions: 9)).isEmpty)
    #expect(parts(try plan(WorkgroupCount(40), submissions: 9, countsOnItsGrid: true)).isEmpty)
    #expect(parts(try plan(.covering(40, by: 1), submissions: 9, countsOnItsGrid: true)).count == 9)
    #expect(parts(try plan(.covering(40, by: 1), submissions: 1)).isEmpty)
    let many = parts(try plan(.covering(60_000, by: 1), submissions: 1e9))
    #expect(many.count == GraphPlan.largestPartCount)
  }

  @Test func partsChangePlacesWithinTheirBarriers() throws {
    let plan = try plan(.covering(1000, by: 1), submissions: 20, shuffle: 3)
    #expect(parts(plan).count == 20)
    #expect(parts(plan).map { $0.first[0] } != parts(plan).map { $0.first[0] }.sorted())
    #expect(plan.faults() == [])
  }

  @Test(
    .enabled(if: TestDevice.isAvailable),
    arguments: [WorkgroupCount(77), WorkgroupCount(5, 9), WorkgroupCount(3, 4, 6)])
  func everyWorkgroupRunsOnce(_ grid: WorkgroupCount) throws {
    let device = try TestDevice.open { $0.verification.barriers = true }
    let count = grid.x * grid.y * grid.z
    let buffer = try device.makeBuffer(byteCount: count * 4, label: "numbers")
    for shuffle in [nil, 1, 2] as [UInt64?] {
      try device.upload([UInt32](repeating: 0, count: count), to: buffer)
      var graph = DispatchGraph(label: "numbers")
      let numbers = graph.external(buffer)
      for _ in 0..<2 {
        graph.dispatch(
          NumberWorkgroupsKernel.self, .init(numbers: numbers),
          constants: .init(width: UInt32(grid.x), height: UInt32(grid.y)), workgroups: grid)
      }
      var options = CompileOptions()
      options.secondsPerSubmission = 1e-12
      options.shuffleSeed = shuffle
      let compiled = try graph.compile(for: device, options: options)
      #expect(compiled.report.dispatches > 2)
      #expect(compiled.report.barriers == 1)
      try compiled.run()
      let result = try device.download(buffer, count: count, as: UInt32.self)
      #expect(result == (0..<count).map { 2 * UInt32($0 + 1) })
    }
    #expect(device.validationMessages == [])
  }

  @Test(.enabled(if: TestDevice.isAvailable), arguments: [1000, 65535 * 64 + 77])
  func partsGiveTheSameBits(_ count: Int) throws {
    let device = try TestDevice.shared()
    let buffer = try device.makeBuffer(byteCount: count * 4, label: "values")
    let values = (0..<count).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) }
    try device.upload(values, to: buffer)
    var graph = DispatchGraph(label: "doubled")
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: graph.external(buffer)),
      constants: .init(count: UInt32(count)), workgroups: .covering(count, by: 64))
    var options = CompileOptions()
    options.secondsPerSubmission = 1e-9
    options.timestamps = device.description.features.timestamps
    let compiled = try graph.compile(for: device, options: options)
    #expect(compiled.report.dispatches == min(GraphPlan.largestPartCount, (count + 63) / 64))
    try compiled.run()
    #expect(try device.download(buffer, count: count, as: UInt32.self) == values.map { $0 &* 2 })
    // One step for whoever measures.
    if options.timestamps { #expect(try compiled.timings().map(\.label) == ["double_values"]) }
  }
}
