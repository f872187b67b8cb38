import CVulkan

/// Writes commands into a command buffer.
struct CommandEncoder {
  let device: LogicalDevice
  let handle: VkCommandBuffer

  private static let compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT.rawValue
  private static let transfer = VK_PIPELINE_STAGE_TRANSFER_BIT.rawValue
  private static let writes =
    VK_ACCESS_SHADER_WRITE_BIT.rawValue | VK_ACCESS_TRANSFER_WRITE_BIT.rawValue
  private static let reads =
    VK_ACCESS_SHADER_READ_BIT.rawValue | VK_ACCESS_TRANSFER_READ_BIT.rawValue

  /// Orders everything before it against everything after it, kernels and copies alike. Both
  /// scopes name both stages, so that later barriers may rely on earlier ones.
  func barrier() {
    memoryBarrier(
      from: Self.compute | Self.transfer, Self.writes, to: Self.compute | Self.transfer,
      Self.writes | Self.reads)
  }

  /// Shows everything written before it to the host.
  func hostBarrier() {
    memoryBarrier(
      from: Self.compute | Self.transfer, Self.writes, to: VK_PIPELINE_STAGE_HOST_BIT.rawValue,
      VK_ACCESS_HOST_READ_BIT.rawValue)
  }

  private func memoryBarrier(
    from stages: VkPipelineStageFlags, _ access: VkAccessFlags, to later: VkPipelineStageFlags,
    _ laterAccess: VkAccessFlags
  ) {
    var barrier = VkMemoryBarrier()
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER
    barrier.srcAccessMask = access
    barrier.dstAccessMask = laterAccess
    device.functions.vkCmdPipelineBarrier(
      handle, stages, later, 0, 1, &barrier, 0, nil, 0, nil)
  }

  /// Runs a pipeline over a grid.
  func dispatch(
    _ pipeline: Pipeline, _ set: VkDescriptorSet, constants: [UInt8], workgroups: WorkgroupCount
  ) {
    let functions = device.functions
    functions.vkCmdBindPipeline(handle, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle)
    var set = set
    functions.vkCmdBindDescriptorSets(
      handle, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout, 0, 1, &set, 0, nil)
    if !constants.isEmpty {
      functions.vkCmdPushConstants(
        handle, pipeline.layout, VK_SHADER_STAGE_COMPUTE_BIT.rawValue, 0,
        UInt32(constants.count), constants)
    }
    functions.vkCmdDispatch(
      handle, UInt32(workgroups.x), UInt32(workgroups.y), UInt32(workgroups.z))
  }

  /// Copies bytes between buffers.
  func copy(
    from source: VkBuffer, at sourceOffset: Int, to target: VkBuffer, at targetOffset: Int,
    byteCount: Int
  ) {
    var region = VkBufferCopy(
      srcOffset: UInt64(sourceOffset), dstOffset: UInt64(targetOffset), size: UInt64(byteCount))
    device.functions.vkCmdCopyBuffer(handle, source, target, 1, &region)
  }

  /// Fills bytes with a repeated word.
  func fill(_ buffer: VkBuffer, at offset: Int, byteCount: Int, word: UInt32) {
    device.functions.vkCmdFillBuffer(handle, buffer, UInt64(offset), UInt64(byteCount), word)
  }

  /// Forgets a graph's old times and notes the first.
  func begin(_ timestamps: Timestamps) {
    device.functions.vkCmdResetQueryPool(handle, timestamps.handle, 0, UInt32(timestamps.count))
    write(timestamps, 0)
  }

  /// Notes when everything before it has finished.
  func write(_ timestamps: Timestamps, _ index: Int) {
    device.functions.vkCmdWriteTimestamp(
      handle, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, timestamps.handle, UInt32(index))
  }
}
