import CMatrix

/// A step with the memory of its operands. Kernels of the CPU know 32 bits only: what is stored in
/// 16 bits is widened into scratch memory before the step, and narrowed out of it afterwards.
struct CPUStep {
  /// Memory in 16 bits beside its copy in 32.
  private struct Copy {
    let half: UnsafeMutablePointer<UInt16>
    let wide: UnsafeMutablePointer<Float>
    let count: Int
  }

  let step: Plan.Step
  private let inputs: [CPUTensor]
  private let results: [CPUTensor]
  private let read: [Copy]
  private let written: [Copy]

  /// A step with its scratch memory, of at least ``scratchByteCount(of:in:)``.
  init(
    _ step: Plan.Step, of plan: Plan, tensors: [CPUTensor], scratch: UnsafeMutableRawPointer?
  ) {
    self.step = step
    var copies: [Int: Copy] = [:]
    var offset = 0
    for number in Self.halves(of: step, in: plan) {
      guard let scratch else { preconditionFailure("\(plan.label): no scratch memory") }
      let count = plan.values[number].shape.count
      copies[number] = Copy(
        half: tensors[number].pointer.assumingMemoryBound(to: UInt16.self),
        wide: (scratch + offset).assumingMemoryBound(to: Float.self), count: count)
      offset += Self.wideByteCount(count)
    }
    let operand = { (number: Int) in
      guard let copy = copies[plan.root(of: number)] else { return tensors[number] }
      return CPUTensor(shape: tensors[number].shape, pointer: UnsafeMutableRawPointer(copy.wide))
    }
    inputs = step.inputs.map(operand)
    results = step.results.map(operand)
    read = Set(step.inputs.map(plan.root)).sorted().compactMap { copies[$0] }
    written = step.results.compactMap { copies[plan.root(of: $0)] }
  }

  /// Bytes that a step's operands take in 32 bits.
  static func scratchByteCount(of step: Plan.Step, in plan: Plan) -> Int {
    halves(of: step, in: plan).reduce(0) { $0 + wideByteCount(plan.values[$1].shape.count) }
  }

  /// The values in 16 bits that a step touches.
  private static func halves(of step: Plan.Step, in plan: Plan) -> [Int] {
    Set((step.inputs + step.results).map(plan.root))
      .filter { plan.values[$0].elementType == .float16 }.sorted()
  }

  /// Aligned to cache lines.
  private static func wideByteCount(_ count: Int) -> Int { (count * 4 + 63) / 64 * 64 }

  /// Computes the step.
  func run(on workers: CPUWorkers) {
    for copy in read {
      workers.forEachRange(copy.count, grain: 1 << 16) { range in
        cmatrix_widen(copy.half + range.lowerBound, range.count, copy.wide + range.lowerBound)
      }
    }
    switch step {
    case .compute(let operation, _, _): operation.evaluate(inputs, into: results[0], on: workers)
    case .update(let operation, _, _): operation.evaluate(results, inputs: inputs, on: workers)
    }
    for copy in written {
      workers.forEachRange(copy.count, grain: 1 << 16) { range in
        cmatrix_narrow(copy.wide + range.lowerBound, range.count, copy.half + range.lowerBound)
      }
    }
  }
}

extension Plan {
  /// Scratch memory that the CPU needs for steps with operands in 16 bits: one step's at a time.
  var scratchByteCount: Int {
    steps.reduce(0) { max($0, CPUStep.scratchByteCount(of: $1, in: self)) }
  }
}
