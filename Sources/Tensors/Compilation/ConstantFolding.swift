extension Plan {
  /// The value of an operation on constants, computed now on one thread; `nil` when an input is no
  /// constant, or when the result would take more memory than what it is made of (and 16 KiB).
  func folded(_ operation: any Operation, _ inputs: [Int], shape: Shape) -> Tensor.Constant? {
    let constants = inputs.compactMap { number -> Tensor.Constant? in
      if case .constant(let constant) = values[root(of: number)].source { constant } else { nil }
    }
    let most = max(4096, constants.reduce(0) { $0 + $1.values.count })
    guard !inputs.isEmpty, constants.count == inputs.count, shape.count <= most,
      operation.elementType == .float32,
      arithmetic == .fast || operation.isReproducible
    else { return nil }

    let memory = (constants.map(\.values.count) + [shape.count]).map {
      UnsafeMutableRawPointer.allocate(byteCount: $0 * 4, alignment: 64)
    }
    defer { memory.forEach { $0.deallocate() } }
    for (constant, pointer) in zip(constants, memory) {
      constant.values.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(start: pointer, count: $0.count).copyMemory(from: $0)
      }
    }
    let result = CPUTensor(shape: shape, pointer: memory[inputs.count])
    arithmetic.onCPU {
      operation.evaluate(
        zip(inputs, memory).map { CPUTensor(shape: values[$0].shape, pointer: $1) }, into: result,
        on: CPUWorkers(threadCount: 1))
    }
    return Tensor.Constant(
      Array(UnsafeBufferPointer(start: result.floats, count: shape.count)))
  }
}
