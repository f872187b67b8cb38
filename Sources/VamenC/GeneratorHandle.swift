import Breakbeats
import Dispatch
import Synchronization

/// A generator that C code holds, with the requests that its threads wait for.
final class GeneratorHandle: Sendable {
  let generator: BreakbeatGenerator
  private let requests = Mutex(Requests())

  private struct Requests {
    var next = 0
    var cancellations: [Int: @Sendable () -> Void] = [:]
  }

  init(_ generator: BreakbeatGenerator) { self.generator = generator }

  /// Runs a request and waits for it on this thread.
  func wait<Value: Sendable>(
    for body: @escaping @Sendable (BreakbeatGenerator) async throws -> Value
  ) throws -> Value {
    let outcome = Outcome<Value>()
    let finished = DispatchSemaphore(value: 0)
    let number = requests.withLock { requests in
      let task = Task { [generator] in
        let result: Result<Value, any Error>
        do { result = .success(try await body(generator)) } catch { result = .failure(error) }
        outcome.result.withLock { $0 = result }
        finished.signal()
      }
      requests.next += 1
      requests.cancellations[requests.next] = { task.cancel() }
      return requests.next
    }
    finished.wait()
    requests.withLock { $0.cancellations[number] = nil }
    guard let result = outcome.result.withLock({ $0 }) else {
      preconditionFailure("a request ended without a result")
    }
    return try result.get()
  }

  /// Ends the requests that run now.
  func cancel() {
    let cancellations = requests.withLock { Array($0.cancellations.values) }
    for cancel in cancellations { cancel() }
  }

  /// What a task leaves for the thread that waits.
  private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }
}

/// The generators that C code holds. It sees numbers that are never used twice instead of addresses,
/// so that a generator that was freed is recognized and not touched.
enum Handles {
  private struct Table {
    var next: UInt = 0
    var handles: [UInt: GeneratorHandle] = [:]
  }

  private static let table = Mutex(Table())

  /// What C code holds a generator by.
  static func insert(_ generator: BreakbeatGenerator) -> OpaquePointer? {
    table.withLock { table in
      table.next += 1
      table.handles[table.next] = GeneratorHandle(generator)
      return OpaquePointer(bitPattern: table.next)
    }
  }

  /// The generator, unless it was freed.
  static func find(_ pointer: OpaquePointer?) -> GeneratorHandle? {
    table.withLock { $0.handles[UInt(bitPattern: pointer)] }
  }

  /// Lets a generator go.
  static func remove(_ pointer: OpaquePointer?) {
    // Released outside of the lock: its last reference may close a device.
    _ = table.withLock { $0.handles.removeValue(forKey: UInt(bitPattern: pointer)) }
  }
}
