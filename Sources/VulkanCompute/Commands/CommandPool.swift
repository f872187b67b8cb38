import CVulkan

/// Memory for command buffers, used by one thread at a time.
///
/// Unchecked: Vulkan wants pool and buffers used by one thread at a time; the owners record during
/// their own initialization or inside a lock.
final class CommandPool: @unchecked Sendable {
  let device: LogicalDevice
  let handle: VkCommandPool

  init(_ device: LogicalDevice) throws {
    var info = VkCommandPoolCreateInfo()
    info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO
    info.queueFamilyIndex = device.physical.queueFamily
    var pool: VkCommandPool = 0
    try check(
      device.functions.vkCreateCommandPool(device.handle, &info, nil, &pool),
      "making a command pool on \(device.name)")
    self.device = device
    handle = pool
  }

  deinit { device.functions.vkDestroyCommandPool(device.handle, handle, nil) }

  /// A new command buffer holding what the closure records.
  func record(
    reusable: Bool, _ body: (CommandEncoder) throws -> Void
  ) throws -> RecordedCommands {
    let what = "recording commands for \(device.name)"
    var info = VkCommandBufferAllocateInfo()
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO
    info.commandPool = handle
    info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY
    info.commandBufferCount = 1
    var buffer: VkCommandBuffer?
    try check(device.functions.vkAllocateCommandBuffers(device.handle, &info, &buffer), what)
    guard let buffer else { throw VulkanError(.driver, "the driver failed: \(what)") }
    var begin = VkCommandBufferBeginInfo()
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO
    begin.flags =
      reusable
      ? VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT.rawValue
      : VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT.rawValue
    try check(device.functions.vkBeginCommandBuffer(buffer, &begin), what)
    let trace = device.verifies ? CommandTrace() : nil
    try body(CommandEncoder(device: device, handle: buffer, trace: trace))
    try check(device.functions.vkEndCommandBuffer(buffer), what)
    return RecordedCommands(handle: buffer, trace: trace)
  }

  /// Gives a command buffer back; it must not be in flight.
  func free(_ commands: RecordedCommands) {
    var buffer: VkCommandBuffer? = commands.handle
    device.functions.vkFreeCommandBuffers(device.handle, handle, 1, &buffer)
  }
}
