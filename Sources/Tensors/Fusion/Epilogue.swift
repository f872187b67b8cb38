import CMatrix

/// A ``PointwiseChain`` that a product applies to its sums on their way to memory: bias, activation,
/// residual, or the derivative of an activation in a backward pass.
///
/// Load 0 of the chain, at the position itself of input 0, is the product's sum; the other inputs
/// are read from memory.
struct Epilogue: Sendable, Hashable {
  /// The program for one result.
  let chain: PointwiseChain
  /// What is stored.
  let register: PointwiseChain.Register
}

/// An operation whose result is a sum of products, stored once: it can apply an ``Epilogue``.
///
/// Its first two inputs are the operands. A third is a bias by channel, which is part of the
/// epilogue where there is one.
protocol ProductOperation: HalfStoring {
  /// Computes the result of two operands and applies the epilogue to each tile while it is in the
  /// cache.
  func evaluate(
    _ inputs: [CPUTensor], into result: CPUTensor,
    epilogue: UnsafePointer<CMatrixEpilogue>?, on workers: CPUWorkers)

  /// Declares the dispatches that compute the result of two operands and apply the epilogue.
  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, epilogue: ChainCode?,
    with recorder: inout Recorder)
}

extension ProductOperation {
  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    evaluate(inputs, into: result, epilogue: nil, on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    record(inputs, into: result, epilogue: nil, with: &recorder)
  }

  /// Where the result may hold 16-bit elements, so may the first operand.
  func readsHalves(_ index: Int) -> Bool { writesHalves && index == 0 }

  /// The product and an epilogue as one operation.
  func fused(with epilogue: Epilogue) -> any Operation {
    FusedProduct(product: self, epilogue: epilogue)
  }
}

/// A product with its ``Epilogue``: what was a product and a chain of pointwise operations on its
/// result, which is never stored.
///
/// Only the fusion pass makes it, after gradients were taken.
///
/// **Inputs** the product's two operands, then the chain's inputs but for the first. **Shape** that
/// of the product, or another with as many elements where the chain saw it through a view. **Cost** the product's; the inputs of the chain are read once. **Accuracy** as
/// the operations alone.
struct FusedProduct<Product: ProductOperation>: HalfStoring {
  /// What is summed.
  let product: Product
  /// What is stored of it.
  let epilogue: Epilogue

  static var name: String { "fused " + Product.name }

  var isReproducible: Bool { product.isReproducible && epilogue.chain.isReproducible }

  func shape(for inputs: [Shape]) -> Shape { product.shape(for: Array(inputs.prefix(2))) }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let operands = Array(inputs.prefix(2))
    let result = CPUTensor(shape: shape(for: operands.map(\.shape)), pointer: result.pointer)
    let chain = epilogue.chain
    let sources = [result.floats] + inputs.dropFirst(2).map(\.floats)
    if let compiled = CompiledChain(chain, inputs: sources) {
      let number = CompiledChain.number(of: epilogue.register, in: chain)
      compiled.withEpilogue(number, of: result.floats) {
        product.evaluate(operands, into: result, epilogue: $0, on: workers)
      }
      return
    }
    // A function without a compiled loop: a second pass, in place.
    product.evaluate(operands, into: result, epilogue: nil, on: workers)
    FusedPointwise(chain: chain, register: epilogue.register, shape: result.shape)
      .evaluate([result] + inputs.dropFirst(2), into: result, on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    // The first stands for the sum, which has no memory, and for inputs that the chain does not
    // have: any buffer.
    let code = ChainCode(
      epilogue.chain, [epilogue.register], inputs: [inputs[0]] + inputs.dropFirst(2))
    let operands = Array(inputs.prefix(2))
    let result = GraphTensor(
      shape: shape(for: operands.map(\.shape)), range: result.range,
      elementType: result.elementType)
    product.record(operands, into: result, epilogue: code, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): made after gradients were taken")
  }

  /// The epilogue's inputs may hold 16-bit elements where the product's result may.
  func readsHalves(_ index: Int) -> Bool { writesHalves && index != 1 }

  var writesHalves: Bool { product.writesHalves }

  var isBandwidthBound: Bool { product.isBandwidthBound }

  func arithmetic(inputs: [Shape], result: Shape) -> Double {
    product.arithmetic(inputs: Array(inputs.prefix(2)), result: result)
      + epilogue.chain.arithmetic * Double(result.count)
  }
}
