import Testing
import VulkanCompute

@Suite("Checking recorded commands")
struct HazardCheckerTests {
  private func command(
    _ name: String, reads: Range<Int>? = nil, writes: Range<Int>? = nil, buffer: UInt64 = 1,
    isHostVisible: Bool = false
  ) -> CommandTrace.Event {
    let access = { (bytes: Range<Int>, reads: Bool) in
      CommandTrace.Access(
        buffer: buffer, label: "buffer \(buffer)", bytes: bytes, reads: reads, writes: !reads,
        isHostVisible: isHostVisible)
    }
    return .command(
      name, (reads.map { [access($0, true)] } ?? []) + (writes.map { [access($0, false)] } ?? []))
  }

  @Test(
    "hazards",
    arguments: [
      ("read after write", false, true), ("write after read", true, false),
      ("write after write", false, false),
    ])
  func hazardsAreNamed(_ hazard: String, firstReads: Bool, secondReads: Bool) {
    let access = { (name: String, reads: Bool, bytes: Range<Int>) in
      reads ? self.command(name, reads: bytes) : self.command(name, writes: bytes)
    }
    let first = access("a", firstReads, 0..<100)
    let second = access("b", secondReads, 99..<200)
    var checker = HazardChecker()
    let faults = checker.consume([first, second])
    #expect(faults.count == 1)
    #expect(faults[0].hasPrefix("\(hazard): b follows a"))
    #expect(faults[0].contains("bytes 99..<100 of buffer 1"))
    checker = HazardChecker()
    #expect(checker.consume([first, .barrier, second]) == [])
    // What the host needs orders nothing on the device.
    checker = HazardChecker()
    #expect(checker.consume([first, .hostBarrier, second]).count == 1)
    checker = HazardChecker()
    #expect(checker.consume([first, access("b", secondReads, 100..<200)]) == [])
    checker = HazardChecker()
    #expect(
      checker.consume([command("a", writes: 0..<9), command("b", writes: 0..<9, buffer: 2)]) == [])
  }

  @Test func hazardsAreFoundAcrossSubmissions() {
    var checker = HazardChecker()
    #expect(checker.consume([command("a", writes: 0..<4)]) == [])
    #expect(checker.consume([command("b", reads: 0..<4)]).count == 1)
  }

  @Test func readsOfTheSameBytesMayOverlap() {
    var checker = HazardChecker()
    #expect(checker.consume([command("a", reads: 0..<4), command("b", reads: 0..<4)]) == [])
  }

  @Test func theHostMustBeShownWhatItReads() {
    var checker = HazardChecker()
    let store = command("a", writes: 0..<4, isHostVisible: true)
    #expect(checker.consume([store, .barrier]) == [])
    #expect(checker.finish() == ["no barrier shows the host what was stored to buffer 1 by a"])
    #expect(checker.consume([.barrier, store, .hostBarrier]) == [])
    #expect(checker.finish() == [])
  }
}

@Suite("Checking what was recorded", .opensDevices, .enabled(if: TestDevice.isAvailable))
struct RecordedCommandsTests {
  private func open(shuffle: UInt64? = nil) throws -> Device {
    try TestDevice.open {
      $0.verification.barriers = true
      $0.verification.shuffleSeed = shuffle
    }
  }

  /// Faults of three runs, copies to and from the host as well.
  private func faults(_ events: [CommandTrace.Event]) -> [String] {
    var checker = HazardChecker()
    return (0..<3).flatMap { _ in checker.consume(events) + checker.finish() }
  }

  @Test func eachBarrierTakenAwayIsMissed() throws {
    let device = try open()
    for seed in 0..<12 as Range<UInt64> {
      let buffer = try device.makeBuffer(
        byteCount: 8 * RandomGraph.slotByteCount, kind: .readback, label: "result")
      let random = RandomGraph(seed: seed, stepCount: 40, external: buffer)
      let compiled = try random.graph.compile(for: device)
      #expect(compiled.verifyBarriers() == [])
      let events = compiled.trace(slot: 0)
      #expect(faults(events) == [])
      let barriers = events.indices.filter { events[$0] == .barrier || events[$0] == .hostBarrier }
      #expect(barriers.count > 2)
      // The first stands between this run and whatever came before.
      for index in barriers.dropFirst() {
        var weaker = events
        weaker.remove(at: index)
        #expect(!faults(weaker).isEmpty, "seed \(seed): event \(index) of \(events.count)")
      }
      try compiled.run()
    }
  }

  @Test func aBarrierIsNeededBetweenRuns() throws {
    let device = try open()
    let buffer = try device.makeBuffer(byteCount: 256, label: "values")
    var graph = DispatchGraph(label: "again")
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: graph.external(buffer)),
      constants: .init(count: 64), workgroups: WorkgroupCount(1))
    let events = try graph.compile(for: device).trace(slot: 0)
    #expect(events.first == .barrier)
    #expect(faults(Array(events.dropFirst())).contains { $0.contains("read after write") })
  }

  @Test func permutedRunsLeaveWhatOneRunDoes() throws {
    let device = try open(shuffle: 3)
    let values = (0..<64).map { UInt32($0) }
    let buffer = try device.makeBuffer(byteCount: 256, label: "values")
    try device.upload(values, to: buffer)
    var graph = DispatchGraph(label: "twice")
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: graph.external(buffer)),
      constants: .init(count: 64), workgroups: WorkgroupCount(1))
    let compiled = try graph.compile(for: device)
    try compiled.run()
    #expect(try device.download(buffer, count: 64, as: UInt32.self) == values.map { $0 * 2 })
  }

  /// Two kernels that store to the same bytes, one of which says that it only reads.
  @Test func aDependencyThatNobodyDeclaredIsFoundByPermuting() throws {
    enum LyingKernel: ComputeKernel {
      typealias Buffers = MixValuesKernel.Buffers
      typealias Constants = MixValuesKernel.Constants
      typealias Specialization = MixValuesKernel.Specialization
      static let kernel = MixValuesKernel.kernel.declaringOnlyReads
    }
    let device = try open(shuffle: 1)
    let buffer = try device.makeBuffer(byteCount: 4096, label: "result")
    var graph = DispatchGraph(label: "liar")
    let result = graph.external(buffer)
    let input = graph.transient(byteCount: 256, label: "input")
    graph.fill(input, with: 5)
    for factor in 1...8 as ClosedRange<UInt32> {
      graph.dispatch(
        LyingKernel.self,
        .init(a: input, b: input, outputValues: result.slice(offset: 0, byteCount: 256)),
        specialization: .init(salt: 0), constants: .init(count: 64, factor: factor),
        workgroups: WorkgroupCount(1))
    }
    let compiled = try graph.compile(for: device)
    let error = #expect(throws: VulkanError.self) { try compiled.run() }
    #expect(error?.code == .defect)
    #expect(error?.message.contains("liar: the order of steps") == true)
  }

  @Test func ringsGiveEachSlotItsBuffer() throws {
    let device = try open()
    let ring = try (0..<2).map {
      try device.makeBuffer(byteCount: 256, kind: .readback, label: "ring \($0)")
    }
    let counter = try device.makeBuffer(byteCount: 256, label: "counter")
    try device.upload([UInt32](repeating: 1, count: 64), to: counter)
    var graph = DispatchGraph(label: "ring")
    let values = graph.external(counter)
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: values), constants: .init(count: 64),
      workgroups: WorkgroupCount(1))
    graph.copy(from: values, to: graph.external(ring: ring), label: "read")
    // Kernels may store to a ring as well.
    let both = graph.external(ring: ring)
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: both), constants: .init(count: 64),
      workgroups: WorkgroupCount(1))
    let compiled = try graph.compile(for: device)
    #expect(compiled.slotCount == 2)
    let first = try compiled.submit(slot: 0)
    let second = try compiled.submit(slot: 1)
    try first.wait()
    #expect(try device.download(ring[0], count: 64, as: UInt32.self).allSatisfy { $0 == 4 })
    try second.wait()
    #expect(try device.download(ring[1], count: 64, as: UInt32.self).allSatisfy { $0 == 8 })
    #expect(device.validationMessages == [])
  }
}
