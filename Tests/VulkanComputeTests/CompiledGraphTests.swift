import Testing
import VulkanCompute

@Suite("Compiled graphs", .opensDevices, .enabled(if: TestDevice.isAvailable))
struct CompiledGraphTests {
  let device: Device

  init() throws { device = try TestDevice.shared() }

  private func doubling(_ buffer: Buffer, times: Int = 1) -> DispatchGraph {
    var graph = DispatchGraph(label: "double")
    let values = graph.external(buffer)
    let count = buffer.byteCount / 4
    for _ in 0..<times {
      graph.dispatch(
        DoubleValuesKernel.self, .init(values: values), constants: .init(count: UInt32(count)),
        workgroups: .covering(count, by: 64), arithmetic: Double(count))
    }
    return graph
  }

  @Test func runsAgainAndAgain() throws {
    let values = (0..<1000).map { UInt32($0) }
    let buffer = try device.makeBuffer(byteCount: 4000, label: "values")
    try device.upload(values, to: buffer)
    let compiled = try doubling(buffer).compile(for: device)
    try compiled.run()
    #expect(try device.download(buffer, count: 1000, as: UInt32.self) == values.map { $0 * 2 })
    // Two runs on their way at once: the queue orders them.
    let submissions = try [compiled.submit(), compiled.submit()]
    for submission in submissions { try submission.wait() }
    #expect(try submissions[1].isFinished)
    #expect(try device.download(buffer, count: 1000, as: UInt32.self) == values.map { $0 * 8 })
    #expect(compiled.report.dispatches == 1)
    #expect(device.validationMessages == [])
  }

  @Test func foldsAGridThatIsTooWide() throws {
    let count = 65535 * 64 + 77
    let buffer = try device.makeBuffer(byteCount: count * 4, label: "wide")
    try device.upload([UInt32](repeating: 21, count: count), to: buffer)
    try doubling(buffer).compile(for: device).run()
    let result = try device.download(buffer, count: count, as: UInt32.self)
    #expect(result.allSatisfy { $0 == 42 })
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func computesWhatTheHostDoesInAnyAllowedOrder(seed: UInt64) throws {
    let buffer = try device.makeBuffer(
      byteCount: 8 * RandomGraph.slotByteCount, kind: .readback, label: "result")
    let random = RandomGraph(seed: seed, stepCount: 60, external: buffer)
    let expected = random.contents[0].map { $0 ?? 0 }
    for shuffle in 0..<3 as Range<UInt64> {
      var options = CompileOptions()
      options.shuffleSeed = shuffle == 0 ? nil : shuffle
      options.secondsPerSubmission = shuffle == 1 ? 1e-9 : 0.05
      let compiled = try random.graph.compile(for: device, options: options)
      #expect(compiled.verifyBarriers() == [])
      for _ in 0..<2 {
        buffer.withMappedBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0xAB) }
        try compiled.run()
        #expect(buffer.withMappedBytes { Array($0.bindMemory(to: UInt32.self)) } == expected)
      }
    }
    #expect(device.validationMessages == [])
  }

  @Test func measuresEachStep() throws {
    try #require(device.description.features.timestamps)
    let buffer = try device.makeBuffer(byteCount: 1 << 20)
    var options = CompileOptions()
    options.timestamps = true
    let compiled = try doubling(buffer, times: 3).compile(for: device, options: options)
    try compiled.run()
    let timings = try compiled.timings()
    #expect(timings.map(\.label) == Array(repeating: "double_values", count: 3))
    #expect(timings.allSatisfy { $0.seconds > 0 && $0.seconds < 10 })
    #expect(timings[0].arithmetic == Double(1 << 18))
  }

  @Test func aDeviceWithoutProgressIsReportedNotWaitedFor() throws {
    let device = try TestDevice.open()
    let buffer = try device.makeBuffer(byteCount: 16 << 20)
    var options = CompileOptions()
    options.patience = 1e-9
    options.secondsPerSubmission = .infinity
    let compiled = try doubling(buffer, times: 8).compile(for: device, options: options)
    let error = #expect(throws: VulkanError.self) { try compiled.run() }
    #expect(error?.code == .timedOut)
    #expect(error?.message.contains("double on \(device.description.name)") == true)
    // Later work waits for it in the ordinary way.
    _ = try device.download(buffer, count: 1, as: UInt32.self)
  }

  @Test func aWorkgroupBeyondTheLimitIsRefused() throws {
    let device = try TestDevice.open {
      $0.adjustLimits = { $0.maxComputeWorkGroupInvocations = 32 }
    }
    let buffer = try device.makeBuffer(byteCount: 256)
    let error = #expect(throws: VulkanError.self) { try doubling(buffer).compile(for: device) }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message.contains("workgroups of [64, 1, 1]") == true)
  }

  @Test func codeThatIsNoShaderIsRefused() throws {
    enum BrokenKernel: ComputeKernel {
      struct Buffers: KernelBuffers { var inBindingOrder: [BufferRange] { [] } }
      typealias Constants = NoConstants
      typealias Specialization = NoSpecialization
      static let kernel = Kernel(
        name: "broken", bindings: [], pushConstantByteCount: 0, specializationIDs: [],
        code: "bm90IFNQSVItViEh")
    }
    var graph = DispatchGraph(label: "broken")
    graph.dispatch(
      BrokenKernel.self, .init(), constants: .init(), workgroups: WorkgroupCount(1))
    let error = #expect(throws: VulkanError.self) { try graph.compile(for: device) }
    #expect(error?.code == .badKernel)
    #expect(error?.message.contains("broken") == true)
  }

  @Test func severalThreadsShareTheDevice() async throws {
    let device = device
    try await withThrowingTaskGroup(of: [UInt32].self) { group in
      for task in 0..<4 as Range<UInt32> {
        group.addTask {
          let buffer = try device.makeBuffer(byteCount: 256, label: "task \(task)")
          try device.upload([UInt32](repeating: task, count: 64), to: buffer)
          let compiled = try doubling(buffer).compile(for: device)
          for _ in 0..<10 { try compiled.run() }
          return try device.download(buffer, count: 64, as: UInt32.self)
        }
      }
      for try await result in group { #expect(Set(result).count == 1 && result[0] % 1024 == 0) }
    }
    #expect(device.validationMessages == [])
  }

  @Test func aGraphKeepsWhatItUses() throws {
    var compiled: CompiledGraph? = try {
      let device = try TestDevice.open()
      let buffer = try device.makeBuffer(byteCount: 256, kind: .upload)
      return try doubling(buffer).compile(for: device)
    }()
    let submission = try compiled?.submit()
    compiled = nil
    try submission?.wait()
    #expect(submission?.graph.device.validationMessages == [])
  }
}
