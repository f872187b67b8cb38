import Testing
import VulkanCompute

@Suite("Memory", .enabled(if: TestDevice.isAvailable))
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
