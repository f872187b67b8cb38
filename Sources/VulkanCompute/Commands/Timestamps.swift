import CVulkan

/// Points in a graph's run at which the device notes the time.
final class Timestamps: Sendable {
  let handle: VkQueryPool
  let count: Int
  private let device: LogicalDevice

  init(_ device: LogicalDevice, count: Int) throws {
    guard device.physical.description.features.timestamps else {
      throw VulkanError(
        .limitExceeded, "\(device.name) cannot measure times", remedy: "compile without timestamps")
    }
    var info = VkQueryPoolCreateInfo()
    info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO
    info.queryType = VK_QUERY_TYPE_TIMESTAMP
    info.queryCount = UInt32(count)
    var pool: VkQueryPool = 0
    try check(
      device.functions.vkCreateQueryPool(device.handle, &info, nil, &pool),
      "making \(count) timestamps on \(device.name)")
    self.device = device
    self.count = count
    handle = pool
  }

  deinit { device.functions.vkDestroyQueryPool(device.handle, handle, nil) }

  /// Seconds between each two points of a run that has finished.
  func intervals(doing label: String) throws -> [Double] {
    var ticks = [UInt64](repeating: 0, count: count)
    try check(
      device.functions.vkGetQueryPoolResults(
        device.handle, handle, 0, UInt32(count), count * 8, &ticks, 8,
        VK_QUERY_RESULT_64_BIT.rawValue),
      "reading the times of \(label), which must have run, on \(device.name)")
    let bits = UInt64(device.physical.timestampBits)
    let mask = bits >= 64 ? UInt64.max : (1 << bits) - 1
    return zip(ticks, ticks.dropFirst()).map { start, end in
      Double((end &- start) & mask) * device.physical.timestampNanoseconds * 1e-9
    }
  }
}
