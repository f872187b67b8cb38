import TensorKernels
import VulkanCompute

/// The operation of a ``PointwiseChain``: what was several pointwise operations in one pass.
///
/// Only the fusion pass makes it, after gradients were taken.
///
/// **Shape** that of the last operation. **Cost** one dispatch; reads each input once and writes
/// the result once. **Accuracy** that of the operations: each is rounded as it would be alone, on a
/// GPU up to the compiler's contractions.
struct FusedPointwise: Operation {
  /// The program for one element.
  let chain: PointwiseChain
  /// Its result.
  let register: PointwiseChain.Register
  /// The shape of the result.
  let shape: Shape

  static var name: String { "fused pointwise" }

  var isReproducible: Bool { chain.isReproducible }

  func shape(for inputs: [Shape]) -> Shape { shape }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let y = result.floats
    if let compiled = CompiledChain(chain, inputs: inputs.map(\.floats)) {
      let number = CompiledChain.number(of: register, in: chain)
      workers.forEachRange(result.count) { compiled.evaluate(number, at: $0, into: y) }
      return
    }
    let evaluation = ChainEvaluation(chain, [register], inputs: inputs.map(\.floats))
    // The last instruction stores in place, unless the result is another register.
    let isLast = register == .instruction(chain.instructions.count - 1)
    workers.forEachRange(result.count) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: evaluation.scratchCount + 1) {
        guard let scratch = $0.baseAddress else { return }
        var position = range.lowerBound
        while position < range.upperBound {
          let count = evaluation.length(at: position, count: range.upperBound - position)
          let target = y + position
          let registers = evaluation.run(
            at: position, count: count, scratch: scratch, target: isLast ? target : nil)
          if !isLast { registers.copy(register, to: target, count: count) }
          position += count
        }
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let code = ChainCode(chain, [register], inputs: inputs)
    var specialization = PointwiseChainKernel.Specialization(load0: code.load(0))
    specialization.set(chain: code)
    recorder.dispatch(
      PointwiseChainKernel.self,
      .init(
        input0: code.input(0), input1: code.input(1), input2: code.input(2),
        input3: code.input(3), input4: code.input(4), input5: code.input(5),
        result: result.range),
      halves: PointwiseChainKernel.halves(
        mask: code.halvesMask(from: 0, binding: 0) | result.halvesMask(binding: 6)),
      specialization: specialization,
      constants: .init(
        inner1: code.inner(0), size1: code.size(0), inner2: code.inner(1), size2: code.size(1),
        inner3: code.inner(2), size3: code.size(2), number0: code.number(0),
        number1: code.number(1), number2: code.number(2), number3: code.number(3),
        number4: code.number(4), number5: code.number(5), number6: code.number(6),
        number7: code.number(7), count: UInt32(result.count)),
      workgroups: .covering(result.count, by: 64),
      arithmetic: arithmetic(inputs: [], result: shape))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): made after gradients were taken")
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double {
    chain.arithmetic * Double(result.count)
  }
}

extension FusedPointwise: HalfStoring {
  var writesHalves: Bool { true }
}
