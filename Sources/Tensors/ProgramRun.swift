/// One run of a ``Program`` on its way.
///
/// ```swift
/// let first = try program.start()
/// try program.set(x, to: next)                    // while the device works
/// let second = try program.start()
/// print(try first.values(of: y))                  // waits for the first only
/// ```
///
/// On a Vulkan device a run keeps its results until ``Program/concurrentRunCount`` more have been
/// started; on the CPU, where a run has finished when it has started, as long as it is held.
public final class ProgramRun {
  private let plan: Plan
  private let executable: any Executable
  private let outputs: [Tensor: Int]
  /// Which run of the executable it is.
  private let number: Int
  /// Results that the executable no longer has, or that the caller may change, by their index.
  private var kept: [Int: [Float]] = [:]

  init(plan: Plan, executable: any Executable, outputs: [Tensor: Int]) throws {
    self.plan = plan
    self.executable = executable
    self.outputs = outputs
    if let executable = executable as? any AsynchronousExecutable {
      number = try executable.start()
    } else {
      try executable.run()
      number = 0
      // These show bytes that `Program.set` and `Variable.assign` write to.
      for (index, output) in plan.outputs.enumerated() where plan.isGiven(output) {
        kept[index] = try values(at: index)
      }
    }
  }

  /// Waits until the run has finished.
  public func wait() throws {
    try (executable as? any AsynchronousExecutable)?.wait(for: number)
  }

  /// Whether the run has finished.
  public var isFinished: Bool {
    get throws { try (executable as? any AsynchronousExecutable)?.isFinished(number) ?? true }
  }

  /// The values of an output after this run, row-major; waits for it.
  public func values(of output: Tensor) throws -> [Float] {
    guard let index = outputs[output] else {
      preconditionFailure("program \(plan.label): \(output.shape) is not one of its outputs")
    }
    return try values(at: index)
  }

  func values(at index: Int) throws -> [Float] {
    if let values = kept[index] { return values }
    var values = [Float](repeating: 0, count: plan.values[plan.outputs[index]].shape.count)
    try values.withUnsafeMutableBytes { bytes in
      if let executable = executable as? any AsynchronousExecutable {
        try executable.wait(for: number)
        try executable.read(output: index, of: number, into: bytes)
      } else {
        try executable.read(output: index, into: bytes)
      }
    }
    return values
  }

  /// Takes the results out of an executable that is about to overwrite them.
  func keepResults() throws {
    guard !(executable is any AsynchronousExecutable) else { return }
    for index in plan.outputs.indices { kept[index] = try values(at: index) }
  }
}
