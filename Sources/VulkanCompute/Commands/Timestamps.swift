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

  /// Seconds from each point of a run that has finished to the next.
  func intervals(doing label: String) throws -> [Double] {
    let times = try times(doing: label)
    return zip(times, times.dropFirst()).map { max(0, $1 - $0) }
  }

  /// Seconds from the first point of a run that has finished to each.
  func times(doing label: String) throws -> [Double] {
    var ticks = [UInt64](repeating: 0, count: count)
    try check(
      device.functions.vkGetQueryPoolResults(
        device.handle, handle, 0, UInt32(count), count * 8, &ticks, 8,
        VK_QUERY_RESULT_64_BIT.rawValue),
      "reading the times of \(label), which must have run, on \(device.name)")
    let bits = UInt64(device.physical.timestampBits)
    let mask = bits >= 64 ? UInt64.max : (1 << bits) - 1
    return ticks.map { tick in
      // A point may lie before the first one: the upper half of the counter's range is negative.
      let late = (tick &- ticks[0]) & mask
      let count = late > mask / 2 ? -Double((ticks[0] &- tick) & mask) : Double(late)
      return count * device.physical.timestampNanoseconds * 1e-9
    }
  }
}
