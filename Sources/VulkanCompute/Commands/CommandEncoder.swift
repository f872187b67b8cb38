import CVulkan

/// Writes commands into a command buffer.
struct CommandEncoder {
  let device: LogicalDevice
  let handle: VkCommandBuffer
  /// Where to note what each command does, if anywhere.
  let trace: CommandTrace?

  private static let compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT.rawValue
  private static let transfer = VK_PIPELINE_STAGE_TRANSFER_BIT.rawValue
  private static let writes =
    VK_ACCESS_SHADER_WRITE_BIT.rawValue | VK_ACCESS_TRANSFER_WRITE_BIT.rawValue
  private static let reads =
    VK_ACCESS_SHADER_READ_BIT.rawValue | VK_ACCESS_UNIFORM_READ_BIT.rawValue
    | VK_ACCESS_TRANSFER_READ_BIT.rawValue

  /// Orders everything before it against everything after it, kernels and copies alike. Both
  /// scopes name both stages, so that later barriers may rely on earlier ones.
  func barrier() {
    trace?.events.append(.barrier)
    memoryBarrier(
      from: Self.compute | Self.transfer, Self.writes, to: Self.compute | Self.transfer,
      Self.writes | Self.reads)
  }

  /// Shows everything written before it to the host.
  func hostBarrier() {
    trace?.events.append(.hostBarrier)
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

  /// Runs a pipeline over a grid, or over a part of it: then the pipeline was made for that.
  func dispatch(
    _ pipeline: Pipeline, _ bindings: BoundBuffers, constants: [UInt8],
    workgroups: WorkgroupCount, part: GridPart? = nil, label: String
  ) {
    // The parts of a grid are one step: its first command stands for all.
    if part?.isFirst ?? true {
      trace?.events.append(.command(label, bindings.accesses))
    }
    let functions = device.functions
    functions.vkCmdBindPipeline(handle, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle)
    var set = bindings.set
    functions.vkCmdBindDescriptorSets(
      handle, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout, 0, 1, &set, 0, nil)
    if !constants.isEmpty {
      functions.vkCmdPushConstants(
        handle, pipeline.layout, VK_SHADER_STAGE_COMPUTE_BIT.rawValue, 0,
        UInt32(constants.count), constants)
    }
    guard let part else {
      functions.vkCmdDispatch(
        handle, UInt32(workgroups.x), UInt32(workgroups.y), UInt32(workgroups.z))
      return
    }
    functions.vkCmdDispatchBase(
      handle, UInt32(part.first[0]), UInt32(part.first[1]), UInt32(part.first[2]),
      UInt32(part.count.x), UInt32(part.count.y), UInt32(part.count.z))
  }

  /// Copies bytes between buffers.
  func copy(
    from source: Buffer, at sourceOffset: Int, to target: Buffer, at targetOffset: Int,
    byteCount: Int, label: String
  ) {
    trace?.events.append(
      .command(
        label,
        [
          source.access(sourceOffset..<sourceOffset + byteCount, reads: true),
          target.access(targetOffset..<targetOffset + byteCount, writes: true),
        ]))
    var region = VkBufferCopy(
      srcOffset: UInt64(sourceOffset), dstOffset: UInt64(targetOffset), size: UInt64(byteCount))
    device.functions.vkCmdCopyBuffer(handle, source.handle, target.handle, 1, &region)
  }

  /// Fills bytes with a repeated word.
  func fill(_ buffer: Buffer, at offset: Int, byteCount: Int, word: UInt32, label: String) {
    trace?.events.append(
      .command(label, [buffer.access(offset..<offset + byteCount, writes: true)]))
    device.functions.vkCmdFillBuffer(
      handle, buffer.handle, UInt64(offset), UInt64(byteCount), word)
  }

  /// Forgets a graph's old times.
  func reset(_ timestamps: Timestamps) {
    device.functions.vkCmdResetQueryPool(handle, timestamps.handle, 0, UInt32(timestamps.count))
  }

  /// Notes when the device reaches this point.
  func write(_ timestamps: Timestamps, start index: Int) {
    device.functions.vkCmdWriteTimestamp(
      handle, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, timestamps.handle, UInt32(index))
  }

  /// Notes when everything before it has finished.
  func write(_ timestamps: Timestamps, end index: Int) {
    device.functions.vkCmdWriteTimestamp(
      handle, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, timestamps.handle, UInt32(index))
  }
}
