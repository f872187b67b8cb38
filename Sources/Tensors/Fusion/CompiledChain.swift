import CMatrix

/// A ``PointwiseChain`` whose every instruction has a compiled loop: the processor's instruction set
/// runs it block by block, with nothing in between.
struct CompiledChain {
  private let chain: CMatrixChain

  /// `nil` when an instruction has no compiled loop, or there are more than the C side has places
  /// for.
  init?(_ chain: PointwiseChain, inputs: [UnsafeMutablePointer<Float>]) {
    guard chain.loads.count <= CMatrixChainLoads,
      chain.instructions.count <= CMatrixChainInstructions
    else { return nil }
    var compiled = CMatrixChain()
    compiled.load_count = Int32(chain.loads.count)
    compiled.instruction_count = Int32(chain.instructions.count)
    withUnsafeMutableBytes(of: &compiled.loads) { bytes in
      let loads = bytes.bindMemory(to: CMatrixChainLoad.self)
      for (index, load) in chain.loads.enumerated() {
        loads[index] = CMatrixChainLoad(
          source: inputs[load.input], inner: load.map?.inner ?? 0, size: load.map?.size ?? 0,
          stride: load.stride, offset: load.offset)
      }
    }
    for (index, instruction) in chain.instructions.enumerated() {
      guard let kernel = instruction.function.kernel else { return nil }
      let step = CMatrixChainInstruction(
        function: kernel, parameters: instruction.function.parameters,
        first: Self.number(of: instruction.first, in: chain),
        second: Self.number(of: instruction.second, in: chain))
      withUnsafeMutableBytes(of: &compiled.instructions) {
        $0.bindMemory(to: CMatrixChainInstruction.self)[index] = step
      }
    }
    self.chain = compiled
  }

  /// The C side numbers loads first, then instructions.
  static func number(of register: PointwiseChain.Register, in chain: PointwiseChain) -> Int32 {
    switch register {
    case .load(let index): Int32(index)
    case .instruction(let index): Int32(chain.loads.count + index)
    }
  }

  /// Writes the value of a register at every position of a range.
  func evaluate(
    _ register: Int32, at range: Range<Int>, into result: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: chain) {
      cmatrix_chain($0, register, range.lowerBound, range.count, result + range.lowerBound)
    }
  }

  /// Calls `body` with the chain as what follows a product: the value of a register is stored in
  /// place of every result.
  func withEpilogue(
    _ register: Int32, of result: UnsafeMutablePointer<Float>,
    _ body: (UnsafePointer<CMatrixEpilogue>) -> Void
  ) {
    withUnsafePointer(to: CMatrixEpilogue(chain: chain, value: register, result: result), body)
  }

  /// Writes the sums of registers over a range.
  func sum(
    _ registers: [Int32], over range: Range<Int>, into result: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: registers.count) { sums in
      guard let start = sums.baseAddress else { return }
      withUnsafePointer(to: chain) {
        cmatrix_chain_sums(
          $0, registers, Int32(registers.count), range.lowerBound, range.count, start)
      }
      for index in registers.indices { result[index] = Float(sums[index]) }
    }
  }
}
