import CVulkan

/// Command buffers that are submitted together, in order, each a submission of its own, with the
/// structs that say so: made once, so that submitting again allocates nothing.
///
/// Unchecked: the memory is written by `LogicalDevice.submit` only, inside the queue's lock.
final class CommandBatch: @unchecked Sendable {
  let count: Int
  /// What each command buffer does to memory; empty unless the device verifies.
  let traces: [CommandTrace]
  private let buffers: UnsafeMutablePointer<VkCommandBuffer?>
  private let values: UnsafeMutablePointer<UInt64>
  private let timelines: UnsafeMutablePointer<VkTimelineSemaphoreSubmitInfo>
  private let semaphores: UnsafeMutablePointer<VkSemaphore>
  private let submits: UnsafeMutablePointer<VkSubmitInfo>

  /// - Parameter timeline: The semaphore that each submission raises.
  init(_ commands: [RecordedCommands], timeline: VkSemaphore) {
    count = commands.count
    traces = commands.compactMap(\.trace)
    buffers = .allocate(capacity: max(1, count))
    values = .allocate(capacity: max(1, count))
    timelines = .allocate(capacity: max(1, count))
    submits = .allocate(capacity: max(1, count))
    semaphores = .allocate(capacity: 1)
    semaphores.initialize(to: timeline)
    for (index, command) in commands.enumerated() {
      (buffers + index).initialize(to: command.handle)
      (values + index).initialize(to: 0)
      var info = VkTimelineSemaphoreSubmitInfo()
      info.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO
      info.signalSemaphoreValueCount = 1
      info.pSignalSemaphoreValues = UnsafePointer(values + index)
      (timelines + index).initialize(to: info)
      var submit = VkSubmitInfo()
      submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO
      submit.pNext = UnsafeRawPointer(timelines + index)
      submit.commandBufferCount = 1
      submit.pCommandBuffers = UnsafePointer(buffers + index)
      submit.signalSemaphoreCount = 1
      submit.pSignalSemaphores = UnsafePointer(semaphores)
      (submits + index).initialize(to: submit)
    }
  }

  deinit {
    buffers.deallocate()
    values.deallocate()
    timelines.deallocate()
    semaphores.deallocate()
    submits.deallocate()
  }

  /// The structs for submissions that raise the timeline to `first`, `first + 1` and so on.
  func submits(raisingTo first: UInt64) -> UnsafePointer<VkSubmitInfo> {
    for index in 0..<count { values[index] = first + UInt64(index) }
    return UnsafePointer(submits)
  }
}

/// A recorded command buffer.
struct RecordedCommands {
  let handle: VkCommandBuffer
  /// What it does to memory, where the device verifies.
  let trace: CommandTrace?
}
