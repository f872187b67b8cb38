import CVulkan

/// A device's heaps and kinds of memory.
struct DeviceMemoryInformation {
  private let properties: VkPhysicalDeviceMemoryProperties
  private let budget: VkPhysicalDeviceMemoryBudgetPropertiesEXT?

  init(of device: VkPhysicalDevice, _ instance: Instance, budget wantsBudget: Bool) {
    (properties, budget) = withCallArena { arena in
      let budget = arena.store(VkPhysicalDeviceMemoryBudgetPropertiesEXT())
      budget.pointee.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT
      var all = VkPhysicalDeviceMemoryProperties2()
      all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2
      if wantsBudget { all.pNext = UnsafeMutableRawPointer(budget) }
      instance.functions.vkGetPhysicalDeviceMemoryProperties2(device, &all)
      return (all.memoryProperties, wantsBudget ? budget.pointee : nil)
    }
  }

  /// Bytes of a heap.
  func byteCount(ofHeap index: Int) -> Int { Int(clamping: heapSize(index)) }

  private func heapSize(_ index: Int) -> UInt64 {
    withUnsafeBytes(of: properties.memoryHeaps) { $0.bindMemory(to: VkMemoryHeap.self)[index].size }
  }

  private func heapIsLocal(_ index: Int) -> Bool {
    withUnsafeBytes(of: properties.memoryHeaps) {
      $0.bindMemory(to: VkMemoryHeap.self)[index].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT.rawValue
        != 0
    }
  }

  /// The largest heap of device memory.
  var largestHeapIndex: Int {
    let heaps = 0..<Int(properties.memoryHeapCount)
    let local = heaps.filter(heapIsLocal)
    return (local.isEmpty ? Array(heaps) : local).max { heapSize($0) < heapSize($1) } ?? 0
  }

  /// Bytes of the largest heap of device memory.
  var largestHeap: Int { Int(clamping: heapSize(largestHeapIndex)) }

  /// What the driver says is still free in a heap.
  func freeByteCount(ofHeap index: Int) -> Int? {
    guard let budget else { return nil }
    let total = withUnsafeBytes(of: budget.heapBudget) { $0.bindMemory(to: UInt64.self)[index] }
    let used = withUnsafeBytes(of: budget.heapUsage) { $0.bindMemory(to: UInt64.self)[index] }
    return Int(clamping: total > used ? total - used : 0)
  }

  /// The heap of the memory that a buffer with some wishes gets when any type will do.
  func heap(wishes: [UInt32]) -> Int {
    type(allowedBy: .max, wishes: wishes).map(heap(ofType:)) ?? largestHeapIndex
  }

  /// The heap of a memory type.
  func heap(ofType type: UInt32) -> Int {
    withUnsafeBytes(of: properties.memoryTypes) {
      Int($0.bindMemory(to: VkMemoryType.self)[Int(type)].heapIndex)
    }
  }

  /// The first memory type allowed by `mask` that has the flags of the earliest wish that any has.
  func type(allowedBy mask: UInt32, wishes: [UInt32]) -> UInt32? {
    for wish in wishes {
      for index in 0..<properties.memoryTypeCount where mask & (1 << index) != 0 {
        let flags = withUnsafeBytes(of: properties.memoryTypes) {
          $0.bindMemory(to: VkMemoryType.self)[Int(index)].propertyFlags
        }
        if flags & wish == wish { return index }
      }
    }
    return nil
  }
}
