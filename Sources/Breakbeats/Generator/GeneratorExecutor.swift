import Dispatch

/// Runs a generator on a thread of its own: it waits for devices and computes for seconds, and must
/// not keep one of the few threads that all tasks of a program share.
final class GeneratorExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "BreakbeatGenerator")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    queue.async { job.runSynchronously(on: executor) }
  }
}
