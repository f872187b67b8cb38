import CVulkan

/// Device memory with a lifetime of its own.
///
/// Unchecked: the handles are set once. The bytes are shared with the device and with every thread
/// that maps them; who writes when is the caller's to order, as with any unsafe pointer.
public final class Buffer: @unchecked Sendable {
  /// Where the bytes live and who can see them.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The device's own memory: the fastest for kernels.
    case deviceLocal
    /// Memory that the host writes and the device reads.
    case upload
    /// Memory that the device writes and the host reads quickly.
    case readback
  }

  /// Size in bytes.
  public let byteCount: Int
  /// Where the bytes live.
  public let kind: Kind
  /// Name for reports and errors.
  public let label: String

  let device: LogicalDevice
  let handle: VkBuffer
  private let memory: VkDeviceMemory
  private let mapped: UnsafeMutableRawPointer?
  private let allocatedByteCount: Int
  private let heap: Int

  /// Makes a buffer with an allocation of its own.
  init(_ device: LogicalDevice, byteCount: Int, kind: Kind, label: String) throws {
    precondition(byteCount > 0, "buffer \(label): \(byteCount) bytes")
    let what = "\(byteCount) bytes for \(label.isEmpty ? "a buffer" : label) on \(device.name)"
    try Self.checkLimits(device, byteCount, kind, what)
    var info = VkBufferCreateInfo()
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO
    info.size = UInt64(byteCount)
    info.usage =
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT.rawValue | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT.rawValue
      | VK_BUFFER_USAGE_TRANSFER_SRC_BIT.rawValue | VK_BUFFER_USAGE_TRANSFER_DST_BIT.rawValue
    info.sharingMode = VK_SHARING_MODE_EXCLUSIVE
    let functions = device.functions
    var buffer: VkBuffer = 0
    try check(functions.vkCreateBuffer(device.handle, &info, nil, &buffer), what)
    var requirements = VkMemoryRequirements()
    functions.vkGetBufferMemoryRequirements(device.handle, buffer, &requirements)
    let allocated = Int(clamping: requirements.size)
    var heap = 0
    var memory: VkDeviceMemory = 0
    var mapped: UnsafeMutableRawPointer?
    var counted = false
    do {
      let type = try Self.memoryType(device, requirements, kind)
      heap = device.memory.heap(ofType: type)
      try device.countAllocation(allocated, heap: heap)
      counted = true
      memory = try Self.allocate(device, requirements, type, what)
      try check(functions.vkBindBufferMemory(device.handle, buffer, memory, 0), what)
      if kind != .deviceLocal {
        try check(
          functions.vkMapMemory(device.handle, memory, 0, UInt64(byteCount), 0, &mapped), what)
      }
    } catch {
      functions.vkDestroyBuffer(device.handle, buffer, nil)
      if memory != 0 { functions.vkFreeMemory(device.handle, memory, nil) }
      if counted { device.discountAllocation(allocated, heap: heap) }
      throw error
    }
    self.device = device
    self.byteCount = byteCount
    self.kind = kind
    self.label = label
    self.memory = memory
    self.mapped = mapped
    handle = buffer
    allocatedByteCount = allocated
    self.heap = heap
  }

  deinit {
    device.functions.vkDestroyBuffer(device.handle, handle, nil)
    device.functions.vkFreeMemory(device.handle, memory, nil)
    device.discountAllocation(allocatedByteCount, heap: heap)
  }

  /// Lends the bytes of an upload or readback buffer. What the host writes is seen by work that is
  /// submitted afterwards; what the device wrote is seen once its submission has been waited for.
  public func withMappedBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    precondition(mapped != nil, "buffer \(label) is \(kind) and cannot be mapped")
    return try body(UnsafeMutableRawBufferPointer(start: mapped, count: byteCount))
  }

  private static func checkLimits(
    _ device: LogicalDevice, _ byteCount: Int, _ kind: Kind, _ what: String
  ) throws {
    let limits = device.limits
    guard byteCount <= limits.maxMemoryAllocationSize else {
      throw VulkanError(
        .limitExceeded,
        "\(what): one allocation holds at most \(limits.maxMemoryAllocationSize) bytes",
        remedy: "split the buffer or use a smaller batch")
    }
    let available = device.availableMemory(heap: device.heap(of: kind))
    guard byteCount <= available else {
      throw VulkanError(
        .notEnoughMemory, "not enough memory: \(what), where \(available) are free",
        remedy: "use a smaller batch or close other programs that use the device")
    }
  }

  private static func memoryType(
    _ device: LogicalDevice, _ requirements: VkMemoryRequirements, _ kind: Kind
  ) throws -> UInt32 {
    guard
      let type = device.memory.type(
        allowedBy: requirements.memoryTypeBits, wishes: kind.wishes)
    else { throw VulkanError(.driver, "\(device.name) has no memory of kind \(kind)") }
    return type
  }

  private static func allocate(
    _ device: LogicalDevice, _ requirements: VkMemoryRequirements, _ type: UInt32, _ what: String
  ) throws -> VkDeviceMemory {
    var info = VkMemoryAllocateInfo()
    info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO
    info.allocationSize = requirements.size
    info.memoryTypeIndex = type
    var memory: VkDeviceMemory = 0
    try check(device.functions.vkAllocateMemory(device.handle, &info, nil, &memory), what)
    return memory
  }
}

extension Buffer.Kind {
  /// Flags of memory types, the best first.
  var wishes: [UInt32] {
    let local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT.rawValue
    let host =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT.rawValue | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT.rawValue
    let cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT.rawValue
    return switch self {
    case .deviceLocal: [local, 0]
    case .upload: [host]
    case .readback: [host | cached, host]
    }
  }
}
