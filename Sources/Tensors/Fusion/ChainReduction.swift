import TensorKernels
import VulkanCompute

/// One or two registers of a ``PointwiseChain``, reduced over rows of neighbouring positions: a
/// reduction without a pass over memory for what it reduces.
///
/// y[row, k] = register k at row · rowLength ∘ register k at row · rowLength + 1 ∘ …
///
/// Only the fusion pass makes it, after gradients were taken.
///
/// **Shape** [rows, registers] in any form. **Cost** reads each input once; one dispatch per factor
/// 4,096 in the length of a row. **Accuracy** trees in a fixed order, as ``Reduction``.
struct ChainReduction<Function: ReductionFunction>: ReducingChain {
  /// The program for one element.
  let chain: PointwiseChain
  /// What is reduced: one or two.
  let registers: [PointwiseChain.Register]
  /// Positions of a row.
  let rowLength: Int
  /// The shape of the result.
  let shape: Shape

  init(
    of chain: PointwiseChain, _ registers: [PointwiseChain.Register], rowLength: Int, shape: Shape
  ) {
    precondition(
      registers.count == 1 || registers.count == 2 && registers[0] != registers[1],
      "\(Self.name): results \(registers)")
    self.chain = chain
    self.registers = registers
    self.rowLength = rowLength
    self.shape = shape
  }

  static var name: String { "fused " + Function.name }

  var isReproducible: Bool { Function.isExact && chain.isReproducible }

  /// Positions that one workgroup reduces.
  private static var pieceLength: Int { 4096 }

  private var rows: Int { shape.count / registers.count }

  func shape(for inputs: [Shape]) -> Shape { shape }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let evaluation = rangeReduction(inputs.map(\.floats))
    let (y, kinds) = (result.floats, registers.count)
    let pieceLength = 1 << 16
    let pieces = (rowLength + pieceLength - 1) / pieceLength
    guard pieces > 1 else {
      workers.forEachRange(rows, grain: max(1, 16384 / rowLength)) { range in
        for row in range {
          evaluation(row * rowLength..<(row + 1) * rowLength, y + row * kinds)
        }
      }
      return
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * pieces * kinds) {
      guard let partial = $0.baseAddress else { return }
      workers.forEach(rows * pieces) { task in
        let (row, piece) = (task / pieces, task % pieces)
        let start = row * rowLength + piece * pieceLength
        let end = min(start + pieceLength, (row + 1) * rowLength)
        evaluation(start..<end, partial + task * kinds)
      }
      ReductionLoop<Function>(outer: rows, count: pieces, inner: kinds)
        .evaluate(partial, into: y, on: workers)
    }
  }

  /// What reduces a range of positions to one number for each register.
  private func rangeReduction(
    _ inputs: [UnsafeMutablePointer<Float>]
  ) -> (Range<Int>, UnsafeMutablePointer<Float>) -> Void {
    if Function.self == SumFunction.self, let compiled = CompiledChain(chain, inputs: inputs) {
      let numbers = registers.map { CompiledChain.number(of: $0, in: chain) }
      return { compiled.sum(numbers, over: $0, into: $1) }
    }
    let evaluation = ChainEvaluation(chain, registers, inputs: inputs)
    return { reduce(evaluation, $0, into: $1) }
  }

  /// Reduces the blocks of a range, then what they gave.
  private func reduce(
    _ evaluation: ChainEvaluation, _ range: Range<Int>, into result: UnsafeMutablePointer<Float>
  ) {
    let blocks = evaluation.blockCount(of: range)
    let capacity = evaluation.scratchCount + registers.count * blocks + 1
    withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) {
      guard let scratch = $0.baseAddress else { return }
      let partial = scratch + evaluation.scratchCount
      var (position, block) = (range.lowerBound, 0)
      while position < range.upperBound {
        let count = evaluation.length(at: position, count: range.upperBound - position)
        let values = evaluation.run(at: position, count: count, scratch: scratch)
        for (index, register) in registers.enumerated() {
          let lanes = values.spread(register, count: count)
          partial[index * blocks + block] =
            ReductionLoop<Function>.reduceRow(lanes, count: count)
        }
        position += count
        block += 1
      }
      for index in registers.indices {
        result[index] =
          ReductionLoop<Function>.reduceRow(partial + index * blocks, count: blocks)
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let pieces = (rowLength + Self.pieceLength - 1) / Self.pieceLength
    let partial =
      pieces == 1 ? result.range : recorder.scratch(count: rows * pieces * registers.count)
    recordPieces(inputs, into: partial, pieces: pieces, with: &recorder)
    guard pieces > 1 else { return }
    ReductionLoop<Function>(outer: rows, count: pieces, inner: registers.count)
      .record(from: partial, to: result.range, with: &recorder)
  }

  private func recordPieces(
    _ inputs: [GraphTensor], into result: BufferRange, pieces: Int,
    with recorder: inout Recorder
  ) {
    let code = ChainCode(chain, registers, inputs: inputs)
    var specialization = ReduceChainKernel.Specialization(
      function: Function.code, load0: code.load(0), secondResult: code.result(1))
    specialization.set(chain: code)
    recorder.dispatch(
      ReduceChainKernel.self,
      .init(
        input0: code.input(0), input1: code.input(1), input2: code.input(2),
        input3: code.input(3), input4: code.input(4), input5: code.input(5), result: result),
      halves: ReduceChainKernel.halves(mask: code.halvesMask(from: 0, binding: 0)),
      specialization: specialization,
      constants: .init(
        inner1: code.inner(0), size1: code.size(0), inner2: code.inner(1), size2: code.size(1),
        inner3: code.inner(2), size3: code.size(2), number0: code.number(0),
        number1: code.number(1), number2: code.number(2), number3: code.number(3),
        number4: code.number(4), number5: code.number(5), number6: code.number(6),
        number7: code.number(7), resultCount: UInt32(rows * pieces), count: UInt32(rowLength),
        pieces: UInt32(pieces), pieceLength: UInt32(Self.pieceLength)),
      workgroups: .covering(rows * pieces, by: 1),
      arithmetic: arithmetic(inputs: [], result: shape))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): made after gradients were taken")
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double {
    (chain.arithmetic + Double(registers.count)) * Double(rows * rowLength)
  }

  func bytesMoved(inputs: [Shape], result: Shape) -> Int {
    let pieces = (rowLength + Self.pieceLength - 1) / Self.pieceLength
    let least = minimumByteCount(inputs: inputs, result: result)
    guard pieces > 1 else { return least }
    let rest = ReductionLoop<Function>(outer: rows, count: pieces, inner: registers.count)
    return least + 4 * rest.outer * rest.count * rest.inner + rest.bytesMoved - 4 * result.count
  }
}

extension ChainReduction: HalfStoring {
  var writesHalves: Bool { false }
}

/// Any ``ChainReduction``.
protocol ReducingChain: Operation {}
