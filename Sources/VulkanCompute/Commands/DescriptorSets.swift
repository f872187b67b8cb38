import CVulkan

/// The descriptor sets of a graph: one for each distinct choice of kernel and buffers.
final class DescriptorSets {
  private let device: LogicalDevice
  private let pool: VkDescriptorPool
  private var known: [Key: VkDescriptorSet] = [:]

  private struct Key: Hashable {
    let layout: VkDescriptorSetLayout
    let ranges: [Bound]
  }

  /// Bytes of a device's buffer.
  private struct Bound: Hashable {
    let buffer: VkBuffer
    let bytes: Range<Int>
  }

  init(_ device: LogicalDevice, for plan: GraphPlan) throws {
    var setCount = 0
    var (storageCount, uniformCount) = (0, 0)
    for case .dispatch(let kernel, _, _, _, _) in plan.steps.map(\.command) {
      setCount += plan.slotCount
      let uniforms = kernel.bindings.count(where: { $0.access == .uniform })
      uniformCount += uniforms * plan.slotCount
      storageCount += (kernel.bindings.count - uniforms) * plan.slotCount
    }
    let sizes = [
      VkDescriptorPoolSize(
        type: VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, descriptorCount: UInt32(max(1, storageCount))),
      VkDescriptorPoolSize(
        type: VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, descriptorCount: UInt32(max(1, uniformCount))),
    ]
    var pool: VkDescriptorPool = 0
    try withCallArena { arena in
      var info = VkDescriptorPoolCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO
      info.maxSets = UInt32(max(1, setCount))
      info.poolSizeCount = UInt32(sizes.count)
      info.pPoolSizes = UnsafePointer(arena.store(sizes))
      try check(
        device.functions.vkCreateDescriptorPool(device.handle, &info, nil, &pool),
        "making \(setCount) descriptor sets for \(plan.label) on \(device.name)")
    }
    self.device = device
    self.pool = pool
  }

  deinit { device.functions.vkDestroyDescriptorPool(device.handle, pool, nil) }

  /// Binds placed ranges in the order of the kernel's bindings.
  func bind(
    _ pipeline: Pipeline, _ kernel: Kernel, _ places: [PlacedRange], in memory: [Buffer]
  ) throws -> BoundBuffers {
    let accesses =
      device.verifies
      ? zip(kernel.bindings, places).map { binding, place in
        memory[place.memory].access(
          place.bytes, reads: binding.access.reads, writes: binding.access.writes)
      } : []
    let ranges = places.map { Bound(buffer: memory[$0.memory].handle, bytes: $0.bytes) }
    let key = Key(layout: pipeline.setLayout, ranges: ranges)
    if let set = known[key] { return BoundBuffers(set: set, accesses: accesses) }
    var set: VkDescriptorSet = 0
    try withCallArena { arena in
      var info = VkDescriptorSetAllocateInfo()
      info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO
      info.descriptorPool = pool
      info.descriptorSetCount = 1
      info.pSetLayouts = UnsafePointer(arena.store(pipeline.setLayout))
      try check(
        device.functions.vkAllocateDescriptorSets(device.handle, &info, &set),
        "binding the buffers of \(kernel.name) on \(device.name)")
      let writes = zip(kernel.bindings, ranges).map { binding, range in
        var write = VkWriteDescriptorSet()
        write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET
        write.dstSet = set
        write.dstBinding = UInt32(binding.index)
        write.descriptorCount = 1
        write.descriptorType = binding.access.descriptorType
        write.pBufferInfo = UnsafePointer(
          arena.store(
            VkDescriptorBufferInfo(
              buffer: range.buffer, offset: UInt64(range.bytes.lowerBound),
              range: UInt64(range.bytes.count))))
        return write
      }
      device.functions.vkUpdateDescriptorSets(
        device.handle, UInt32(writes.count), writes, 0, nil)
    }
    known[key] = set
    return BoundBuffers(set: set, accesses: accesses)
  }
}

/// Buffers bound to a kernel.
struct BoundBuffers {
  let set: VkDescriptorSet
  /// What the kernel does with them; empty unless the device verifies.
  let accesses: [CommandTrace.Access]
}
