import CVulkan

/// Command buffers that are submitted together, in order, in one or several submissions, with the
/// structs that say so: made once, so that submitting again allocates nothing.
///
/// Unchecked: the memory is written by `LogicalDevice.submit` only, inside the queue's lock.
final class CommandBatch: @unchecked Sendable {
  /// Number of submissions.
  let count: Int
  let commands: [RecordedCommands]
  /// What each command buffer does to memory; empty unless the device verifies.
  var traces: [CommandTrace] { commands.compactMap(\.trace) }
  private let buffers: UnsafeMutablePointer<VkCommandBuffer?>
  private let values: UnsafeMutablePointer<UInt64>
  private let timelines: UnsafeMutablePointer<VkTimelineSemaphoreSubmitInfo>
  private let semaphores: UnsafeMutablePointer<VkSemaphore>
  private let submits: UnsafeMutablePointer<VkSubmitInfo>

  /// - Parameters:
  ///   - submissions: The command buffers of each submission, all in order.
  ///   - timeline: The semaphore that each submission raises.
  init(_ commands: [RecordedCommands], submissions: [Range<Int>], timeline: VkSemaphore) {
    count = submissions.count
    self.commands = commands
    buffers = .allocate(capacity: commands.count)
    values = .allocate(capacity: count)
    timelines = .allocate(capacity: count)
    submits = .allocate(capacity: count)
    semaphores = .allocate(capacity: 1)
    semaphores.initialize(to: timeline)
    for (index, command) in commands.enumerated() {
      (buffers + index).initialize(to: command.handle)
    }
    for (index, pieces) in submissions.enumerated() {
      (values + index).initialize(to: 0)
      var info = VkTimelineSemaphoreSubmitInfo()
      info.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO
      info.signalSemaphoreValueCount = 1
      info.pSignalSemaphoreValues = UnsafePointer(values + index)
      (timelines + index).initialize(to: info)
      var submit = VkSubmitInfo()
      submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO
      submit.pNext = UnsafeRawPointer(timelines + index)
      submit.commandBufferCount = UInt32(pieces.count)
      submit.pCommandBuffers = UnsafePointer(buffers + pieces.lowerBound)
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
