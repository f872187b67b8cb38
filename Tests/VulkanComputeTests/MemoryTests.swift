import Testing
import VulkanCompute

@Suite("Memory", .opensDevices, .enabled(if: TestDevice.isAvailable))
struct MemoryTests {
  @Test(arguments: [(0, 1), (4, 3000), (12, 4_200_001)])
  func bytesSurviveTheRoundTrip(offset: Int, count: Int) throws {
    let device = try TestDevice.shared()
    let values = (0..<count).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) }
    for kind in Buffer.Kind.allCases {
      let buffer = try device.makeBuffer(byteCount: offset + count * 4, kind: kind, label: "trip")
      try device.upload(values, to: buffer, offset: offset)
      let back = try device.download(buffer, offset: offset, count: count, as: UInt32.self)
      #expect(back == values)
    }
    #expect(device.validationMessages == [])
  }

  @Test func moreThanThereIsIsRefused() throws {
    let device = try TestDevice.open { $0.adjustLimits = { $0.memoryByteCount = 1 << 20 } }
    let first = try device.makeBuffer(byteCount: 1 << 19, label: "half")
    let error = #expect(throws: VulkanError.self) {
      try device.makeBuffer(byteCount: 1 << 20, label: "whole")
    }
    #expect(error?.code == .notEnoughMemory)
    #expect(error?.message.contains("1048576 bytes for whole") == true)
    var graph = DispatchGraph(label: "big graph")
    graph.fill(graph.transient(byteCount: 3 << 20))
    let refusal = #expect(throws: VulkanError.self) { try graph.compile(for: device) }
    #expect(refusal?.code == .notEnoughMemory)
    #expect(refusal?.message.contains("big graph needs 3072 KiB") == true)
    #expect(refusal?.remedy.contains("smaller batch") == true)
    #expect(first.byteCount == 1 << 19)
  }

  @Test func memoryComesBack() throws {
    let device = try TestDevice.open { $0.adjustLimits = { $0.memoryByteCount = 1 << 20 } }
    for _ in 0..<10 { _ = try device.makeBuffer(byteCount: 1 << 20) }
  }

  @Test func tooManyAllocationsAreRefused() throws {
    let device = try TestDevice.open { $0.adjustLimits = { $0.maxMemoryAllocationCount = 2 } }
    let two = try (0..<2).map { _ in try device.makeBuffer(byteCount: 256) }
    let error = #expect(throws: VulkanError.self) { try device.makeBuffer(byteCount: 256) }
    #expect(error?.code == .limitExceeded)
    #expect(two.count == 2)
  }

  @Test func anAllocationBeyondTheLimitIsRefused() throws {
    let device = try TestDevice.open { $0.adjustLimits = { $0.maxMemoryAllocationSize = 1000 } }
    let error = #expect(throws: VulkanError.self) {
      try device.makeBuffer(byteCount: 1001, label: "long")
    }
    #expect(error?.code == .limitExceeded)
  }
}

/// Everything that a graph allocates is planned first.
@Suite("Planned memory", .opensDevices, .enabled(if: TestDevice.isAvailable))
struct PlannedMemoryTests {
  @Test func buffersOfAGraphCountBeforeAnythingIsAllocated() throws {
    let device = try TestDevice.open { $0.adjustLimits = { $0.memoryByteCount = 4 << 20 } }
    let variable = try device.makeBuffer(byteCount: 1 << 20, label: "weights")
    var graph = DispatchGraph(label: "step")
    let input = graph.buffers(2, byteCount: 1 << 20, kind: .upload, label: "pictures")
    let values = graph.transient(byteCount: 1 << 20, label: "values")
    graph.copy(from: input, to: values)
    graph.copy(from: values, to: graph.external(variable))
    // 1 MiB of weights, 2 of pictures and 1 of the arena fit exactly.
    let before = device.availableMemoryByteCount
    #expect(before <= 3 << 20)
    _ = try graph.compile(for: device)
    #expect(device.availableMemoryByteCount == before)
    let output = graph.buffers(2, byteCount: 1 << 20, kind: .readback, label: "result")
    graph.copy(from: values, to: output)
    let error = #expect(throws: VulkanError.self) { try graph.compile(for: device) }
    #expect(error?.code == .notEnoughMemory)
    #expect(error?.message.contains("step needs 5120 KiB of memory on") == true)
    #expect(error?.message.contains("where 3072 KiB are free") == true)
    #expect(error?.message.contains("4096 KiB for inputs, outputs and constants") == true)
    #expect(error?.remedy.contains("about 60 % of it would fit") == true)
    #expect(device.availableMemoryByteCount == before)
  }

  @Test func buffersOfAGraphKeepTheirBytes() throws {
    let device = try TestDevice.shared()
    var graph = DispatchGraph(label: "kept")
    let sum = graph.buffers(byteCount: 256, kind: .readback, label: "sum")
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: sum), constants: .init(count: 64),
      workgroups: WorkgroupCount(1))
    let compiled = try graph.compile(for: device)
    let buffer = try #require(compiled.buffers(of: sum)?.first)
    try device.upload([UInt32](repeating: 3, count: 64), to: buffer)
    for _ in 0..<3 { try compiled.run() }
    #expect(try device.download(buffer, count: 64, as: UInt32.self).allSatisfy { $0 == 24 })
  }
}
