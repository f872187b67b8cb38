import Testing
import VulkanCompute

@Suite("Compiled graphs", .enabled(if: TestDevice.isAvailable))
struct CompiledGraphTests {
  let device: Device

  init() throws { device = try TestDevice.shared() }

  @Test func doublesAnArrayTwice() throws {
    let values = (0..<1000).map { UInt32($0) }
    let buffer = try device.makeBuffer(byteCount: 4000, label: "values")
    try device.upload(values, to: buffer)
    var graph = DispatchGraph(label: "double")
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: graph.external(buffer)), specialization: .init(),
      constants: .init(count: 1000), workgroups: .covering(1000, by: 64))
    let compiled = try graph.compile(for: device)
    try compiled.run()
    #expect(try device.download(buffer, count: 1000, as: UInt32.self) == values.map { $0 * 2 })
    // Two runs on their way at once: the queue orders them.
    let submissions = try [compiled.submit(), compiled.submit()]
    for submission in submissions { try submission.wait() }
    #expect(try device.download(buffer, count: 1000, as: UInt32.self) == values.map { $0 * 8 })
    #expect(try submissions[1].isFinished)
    #expect(device.validationMessages == [])
  }
}
