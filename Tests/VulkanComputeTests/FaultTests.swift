import Foundation
import Synchronization
import Testing
import VulkanCompute
import VulkanProbe

/// The probe's entry point, for devices whose calls are counted or made to fail.
let probe: @Sendable () -> UnsafeMutableRawPointer = {
  guard let entry = vulkan_probe_entry() else { preconditionFailure("no Vulkan loader") }
  return entry
}

/// Every Vulkan call that can fail, made to fail: a clear error, nothing left behind, and the next
/// attempt works.
@Suite("Failing Vulkan calls", .serialized, .opensDevices, .enabled(if: TestDevice.isAvailable))
struct FaultTests {
  /// What a call may return, from Vulkan's specification.
  private static let results: [(name: String, value: Int32)] = [
    ("VK_ERROR_OUT_OF_HOST_MEMORY", -1), ("VK_ERROR_OUT_OF_DEVICE_MEMORY", -2),
    ("VK_ERROR_DEVICE_LOST", -4), ("VK_TIMEOUT", 2),
  ]

  /// Opens a device, uploads, compiles, runs, downloads, measures and closes, through the probe;
  /// returns what the validation layer had to say, and the result.
  private func work(
    folder: URL, failing: Bool
  ) throws -> (result: Result<[UInt32], any Error>, notes: [String], messages: [String]) {
    let messages = Mutex<[String]>([])
    let notes = Mutex<[String]>([])
    let result = Result {
      let device = try TestDevice.open {
        $0.entryPoint = probe
        $0.pipelineCache = .folder(folder.path)
        $0.verification.shuffleSeed = nil
        $0.onValidationMessage = { message in messages.withLock { $0.append(message) } }
      }
      defer { notes.withLock { $0 = device.notes } }
      let values = try device.makeBuffer(byteCount: 4096, label: "values")
      try device.upload((0..<1024).map { UInt32($0) }, to: values)
      let ring = try (0..<2).map { _ in try device.makeBuffer(byteCount: 4096, kind: .readback) }
      var graph = DispatchGraph(label: "faults")
      let external = graph.external(values)
      let copy = graph.transient(byteCount: 4096, label: "copy")
      graph.dispatch(
        DoubleValuesKernel.self, .init(values: external), constants: .init(count: 1024),
        workgroups: .covering(1024, by: 64))
      graph.copy(from: external, to: copy)
      graph.dispatch(
        MixValuesKernel.self, .init(a: copy, b: copy, outputValues: external),
        specialization: .init(salt: 2), constants: .init(count: 1024, factor: 3),
        workgroups: .covering(1024, by: 64))
      graph.copy(from: external, to: graph.external(ring: ring))
      var options = CompileOptions()
      options.timestamps = device.description.features.timestamps
      let compiled = try graph.compile(for: device, options: options)
      let first = try compiled.submit(slot: 0)
      try compiled.submit(slot: 1).wait()
      try first.wait()
      if options.timestamps { _ = try compiled.timings() }
      return try device.download(values, count: 1024, as: UInt32.self)
    }
    return (result, notes.withLock { $0 }, messages.withLock { $0 })
  }

  @Test func eachCallFailsOnceAndNothingIsLost() throws {
    _ = try #require(vulkan_probe_entry())
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "vamen-faults-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    vulkan_probe_reset()
    let undisturbed = try work(folder: folder, failing: false)
    #expect(undisturbed.messages == [])
    let expected = try undisturbed.result.get()
    let counts = Self.functions.map { ($0, vulkan_probe_calls($0)) }
    #expect(counts.reduce(0) { $0 + $1.1 } > 40)

    var failed: [String: Int] = [:]
    for (function, call) in counts.flatMap({ name, count in (0..<count).map { (name, $0) } }) {
      for (name, value) in Self.results {
        vulkan_probe_fail(function, call, value)
        let outcome = try work(folder: folder, failing: true)
        // The device may be asked for progress less often than the first time.
        guard vulkan_probe_failed() != nil else { continue }
        failed[function, default: 0] += 1
        let context = "call \(call), \(function): \(name)"
        // The layer must find nothing wrong and nothing left when the device is closed.
        #expect(outcome.messages == [], "\(context)")
        switch outcome.result {
        case .success(let values):
          // A cache that cannot be kept, a question asked again.
          #expect(values == expected, "\(context)")
        case .failure(let error):
          let error = try #require(error as? VulkanError, "\(context): \(error)")
          #expect(!error.message.isEmpty, "\(context)")
          #expect(error.description.count < 600, "\(context): \(error)")
        }
        // A result that only some functions may return is tried on the few that may.
        if name == "VK_ERROR_OUT_OF_DEVICE_MEMORY", !Self.mayLoseTheDevice.contains(function) {
          break
        }
      }
    }
    print(
      "made to fail: "
        + failed.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", "))
    #expect(Set(failed.keys).isSuperset(of: Self.mustBeReached))
    vulkan_probe_reset()
    #expect(try work(folder: folder, failing: false).result.get() == expected)
  }

  /// The watched functions that can fail.
  private static let functions: [String] = {
    var names: [String] = []
    while let name = vulkan_probe_name(Int64(names.count)) { names.append(String(cString: name)) }
    return names
  }()

  private static let mayLoseTheDevice: Set = [
    "vkQueueSubmit", "vkWaitSemaphores", "vkGetSemaphoreCounterValue", "vkCreateDevice",
    "vkGetQueryPoolResults",
  ]

  private static let mustBeReached: Set = [
    "vkCreateInstance", "vkEnumeratePhysicalDevices", "vkCreateDevice", "vkCreateSemaphore",
    "vkCreateBuffer", "vkAllocateMemory", "vkBindBufferMemory", "vkMapMemory", "vkQueueSubmit",
    "vkWaitSemaphores", "vkGetSemaphoreCounterValue", "vkCreateShaderModule",
    "vkCreateDescriptorSetLayout", "vkCreatePipelineLayout", "vkCreateComputePipelines",
    "vkCreatePipelineCache", "vkGetPipelineCacheData", "vkCreateDescriptorPool",
    "vkAllocateDescriptorSets", "vkCreateCommandPool", "vkAllocateCommandBuffers",
    "vkBeginCommandBuffer", "vkEndCommandBuffer",
  ]

  @Test(arguments: [
    (-4 as Int32, VulkanError.Code.deviceLost, "the device was lost: running faults"),
    (-1, .notEnoughMemory, "not enough memory: running faults"),
    (-13, .driver, "the driver failed: running faults"),
    (1_000_000, .driver, "VkResult 1000000"),
  ])
  func aFailedWaitSaysWhatHappened(result: Int32, code: VulkanError.Code, text: String) throws {
    _ = try #require(vulkan_probe_entry())
    vulkan_probe_reset()
    let device = try TestDevice.open {
      $0.entryPoint = probe
      $0.verification.shuffleSeed = nil
    }
    let buffer = try device.makeBuffer(byteCount: 64 << 20, label: "values")
    var graph = DispatchGraph(label: "faults")
    graph.fill(graph.external(buffer), with: 1)
    var options = CompileOptions()
    options.patience = 5
    let compiled = try graph.compile(for: device, options: options)
    let submission = try compiled.submit()
    vulkan_probe_fail("vkWaitSemaphores", 0, result)
    let error = #expect(throws: VulkanError.self) { try submission.wait() }
    #expect(vulkan_probe_failed().map { String(cString: $0) } == "vkWaitSemaphores")
    #expect(error?.code == code)
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(device.description.driverVersion) == true)
    vulkan_probe_reset()
  }

  @Test func aStepAllocatesAndRecordsNothing() throws {
    _ = try #require(vulkan_probe_entry())
    let device = try TestDevice.open {
      $0.entryPoint = probe
      $0.verification.shuffleSeed = nil
    }
    let ring = try (0..<2).map { _ in try device.makeBuffer(byteCount: 4096, kind: .upload) }
    var graph = DispatchGraph(label: "steps")
    let values = graph.transient(byteCount: 4096)
    graph.copy(from: graph.external(ring: ring), to: values)
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: values), constants: .init(count: 1024),
      workgroups: .covering(1024, by: 64))
    let compiled = try graph.compile(for: device)
    var last = try compiled.submit(slot: 0)
    vulkan_probe_reset()
    for step in 1...20 {
      let next = try compiled.submit(slot: step % 2)
      try last.wait()
      last = next
    }
    try last.wait()
    #expect(vulkan_probe_preparations() == 0)
    #expect(vulkan_probe_calls("vkQueueSubmit") == 20)
    #expect(vulkan_probe_calls("vkCmdDispatch") == 0)
  }
}
