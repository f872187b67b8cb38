import CVulkan
import Synchronization

/// An opened device: handle, functions and its queue. Everything made from it keeps it alive.
///
/// Unchecked: handle and functions are set once; creating and destroying objects needs no
/// synchronization in Vulkan as long as each object is used by one thread, which its owner sees to;
/// the queue, which does need it, is only touched inside `submitted`'s lock.
final class LogicalDevice: @unchecked Sendable {
  let physical: PhysicalDevice
  let limits: DeviceLimits
  let handle: VkDevice
  let functions: CVulkanDeviceFunctions
  /// Whether pipelines may be asked what they were compiled to.
  let capturesCompilation: Bool
  /// Counts finished submissions; 0 where a device was opened to compile only and can do no more.
  let timeline: VkSemaphore
  /// What tests have this library check about itself.
  let verification: SelfVerification
  /// Whether commands are traced and checked.
  var verifies: Bool { verification.barriers }
  private let queue: VkQueue
  /// Sees everything submitted, where tests ask for it.
  private let checker = Mutex(HazardChecker())
  /// The value that the timeline reaches when everything submitted has finished. Holding its lock
  /// is what allows to touch `queue`.
  private let submitted = Mutex<UInt64>(0)
  /// Live allocations and their bytes in each heap.
  private let allocations = Mutex((count: 0, byteCounts: [Int: Int]()))
  /// Heaps and kinds of memory.
  let memory: DeviceMemoryInformation

  var instance: Instance { physical.instance }
  var name: String { "\(physical.description.name), driver \(physical.description.driverVersion)" }

  init(
    _ physical: PhysicalDevice, limits: DeviceLimits, verification: SelfVerification,
    capturesCompilation: Bool = false
  ) throws {
    self.physical = physical
    self.verification = verification
    memory = DeviceMemoryInformation(of: physical.handle, physical.instance, budget: false)
    self.limits = limits
    let instance = physical.instance
    let capture = "VK_KHR_pipeline_executable_properties"
    let captures = capturesCompilation && physical.extensions.contains(capture)
    self.capturesCompilation = captures
    let wanted =
      ["VK_EXT_memory_budget", "VK_KHR_portability_subset"].filter(physical.extensions.contains)
      + (captures ? [capture] : [])
    let created = try withCallArena { arena in
      var queueInfo = VkDeviceQueueCreateInfo()
      queueInfo.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO
      queueInfo.queueFamilyIndex = physical.queueFamily
      queueInfo.queueCount = 1
      queueInfo.pQueuePriorities = UnsafePointer(arena.store([Float(1)]))
      var info = VkDeviceCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO
      info.queueCreateInfoCount = 1
      info.pQueueCreateInfos = UnsafePointer(arena.store(queueInfo))
      info.enabledExtensionCount = UInt32(wanted.count)
      info.ppEnabledExtensionNames = arena.store(wanted)
      let features = FeatureSupport(of: physical.handle, instance).enabling(in: &arena)
      if captures {
        var feature = VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR()
        feature.sType =
          VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR
        feature.pipelineExecutableInfo = 1
        feature.pNext = features.pointee.pNext
        features.pointee.pNext = UnsafeMutableRawPointer(arena.store(feature))
      }
      info.pNext = UnsafeRawPointer(features)
      var device: VkDevice?
      try check(
        instance.functions.vkCreateDevice(physical.handle, &info, nil, &device),
        "opening \(physical.description.name)")
      return device
    }
    guard let created else {
      throw VulkanError(.driver, "\(physical.description.name) opened as nothing")
    }
    handle = created
    let table = UnsafeMutablePointer<CVulkanDeviceFunctions>.allocate(capacity: 1)
    defer { table.deallocate() }
    let lookup = instance.functions.vkGetDeviceProcAddr
    if let missing = cvulkan_load_device_functions(lookup, created, table) {
      if let destroy = lookup(created, "vkDestroyDevice") {
        unsafeBitCast(destroy, to: PFN_vkDestroyDevice.self)(created, nil)
      }
      throw VulkanError(
        .driver, "\(physical.description.name) has no function \(String(cString: missing))",
        remedy: "update the driver or use another device")
    }
    functions = table.pointee
    var queueHandle: VkQueue?
    functions.vkGetDeviceQueue(created, physical.queueFamily, 0, &queueHandle)
    do {
      guard let queueHandle else {
        throw VulkanError(.driver, "\(physical.description.name) gave no queue")
      }
      queue = queueHandle
      // A device without hardware compiles kernels and has nothing to wait for.
      timeline =
        captures
        ? (try? Self.makeTimeline(created, table.pointee)) ?? 0
        : try Self.makeTimeline(created, table.pointee)
    } catch {
      table.pointee.vkDestroyDevice(created, nil)
      throw error
    }
  }

  private static func makeTimeline(
    _ device: VkDevice, _ functions: CVulkanDeviceFunctions
  ) throws -> VkSemaphore {
    var semaphore: VkSemaphore = 0
    try withCallArena { arena in
      var type = VkSemaphoreTypeCreateInfo()
      type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO
      type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE
      var info = VkSemaphoreCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO
      info.pNext = UnsafeRawPointer(arena.store(type))
      try check(
        functions.vkCreateSemaphore(device, &info, nil, &semaphore), "making a semaphore")
    }
    return semaphore
  }

  deinit {
    functions.vkDestroySemaphore(handle, timeline, nil)
    functions.vkDestroyDevice(handle, nil)
  }

  // MARK: Queue

  /// Starts command buffers in order, each a submission of its own; returns the timeline's value
  /// when the last has finished.
  func submit(_ batch: CommandBatch, doing label: String) throws -> UInt64 {
    guard timeline != 0 else {
      throw VulkanError(.unavailable, "\(name) compiles kernels and cannot run \(label)")
    }
    return try submitted.withLock { submitted in
      if verifies { try verify(batch, doing: label) }
      try check(
        functions.vkQueueSubmit(
          queue, UInt32(batch.count), batch.submits(raisingTo: submitted + 1), 0),
        "starting \(label) on \(name)")
      submitted += UInt64(batch.count)
      return submitted
    }
  }

  /// Throws where the batch, after everything submitted before, lacks a barrier.
  private func verify(_ batch: CommandBatch, doing label: String) throws {
    let faults = checker.withLock { checker in
      batch.traces.flatMap { checker.consume($0.events) } + checker.finish()
    }
    guard let first = faults.first else { return }
    throw VulkanError(
      .defect, "\(label): \(first)", remedy: "report it",
      cause: "\(faults.count) missing barriers")
  }

  /// Submissions that have finished.
  func finished() throws -> UInt64 {
    var value: UInt64 = 0
    try check(
      functions.vkGetSemaphoreCounterValue(handle, timeline, &value), "asking \(name) for progress")
    return value
  }

  /// Waits until the timeline reaches `value`, as long as submissions keep finishing within
  /// `patience` seconds of each other.
  func wait(until value: UInt64, patience: Double, doing label: String) throws {
    var progress = try finished()
    while progress < value {
      let result = withUnsafePointer(to: timeline) { timeline in
        withUnsafePointer(to: value) { value in
          var info = VkSemaphoreWaitInfo()
          info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO
          info.semaphoreCount = 1
          info.pSemaphores = timeline
          info.pValues = value
          return functions.vkWaitSemaphores(handle, &info, UInt64(min(patience, 1e9) * 1e9))
        }
      }
      if result == VK_SUCCESS { return }
      if result != VK_TIMEOUT { try check(result, "running \(label) on \(name)") }
      let now = try finished()
      guard now > progress || now >= value else {
        throw VulkanError(
          .timedOut, "\(label) on \(name) made no progress for \(patience) s",
          remedy: "use a smaller batch; if it happens again, update the driver")
      }
      progress = now
    }
  }

  /// Waits, and makes sure that an error leaves nothing in use: where asking failed and the device
  /// did not, it is asked again. Returns whether the work has ended, with the error.
  func settle(
    until value: UInt64, patience: Double, doing label: String
  ) -> (isOver: Bool, error: VulkanError?) {
    do {
      try wait(until: value, patience: patience, doing: label)
      return (true, nil)
    } catch let error as VulkanError where error.code == .deviceLost {
      // A lost device uses nothing any more.
      return (true, error)
    } catch let error as VulkanError where error.code == .timedOut {
      return (false, error)
    } catch {
      let again = Result { try wait(until: value, patience: patience, doing: label) }
      let isOver = (try? again.get()) != nil
      return (isOver, error as? VulkanError ?? VulkanError(.driver, "\(error)"))
    }
  }

  // MARK: Memory

  /// The heap that buffers of a kind come from.
  func heap(of kind: Buffer.Kind) -> Int { memory.heap(wishes: kind.wishes) }

  /// Bytes that new allocations in a heap may count on: what the driver says is free, or the heap's
  /// size less what this process has, and never more than the limits allow.
  func availableMemory(heap: Int) -> Int {
    let limit =
      heap == memory.largestHeapIndex ? limits.memoryByteCount : memory.byteCount(ofHeap: heap)
    let own = max(0, limit - allocations.withLock { $0.byteCounts[heap] ?? 0 })
    guard physical.description.features.memoryBudget else { return own }
    let now = DeviceMemoryInformation(of: physical.handle, instance, budget: true)
    return min(own, now.freeByteCount(ofHeap: heap) ?? own)
  }

  /// Counts an allocation, or throws where it would be one too many.
  func countAllocation(_ byteCount: Int, heap: Int) throws {
    try allocations.withLock {
      guard $0.count < limits.maxMemoryAllocationCount else {
        throw VulkanError(
          .limitExceeded,
          "\(name) allows \(limits.maxMemoryAllocationCount) allocations, and all are in use",
          remedy: "use fewer, larger buffers")
      }
      $0.count += 1
      $0.byteCounts[heap, default: 0] += byteCount
    }
  }

  /// Takes a counted allocation back.
  func discountAllocation(_ byteCount: Int, heap: Int) {
    allocations.withLock {
      $0.count -= 1
      $0.byteCounts[heap, default: 0] -= byteCount
    }
  }
}
