import Tensors
import VulkanCompute

/// An expression of one batch of equal items, compiled once; any number of items runs through it.
struct BatchProgram {
  /// Items of a batch.
  let batchSize: Int
  /// Bytes of the program, without the variables it shares with others.
  let byteCount: Int
  private let program: Program
  private let expression: BatchExpression

  /// Compiles an expression.
  init(
    _ expression: BatchExpression, byteCount: Int, of kind: GeneratorProgram,
    on backend: any Backend
  ) throws {
    self.expression = expression
    self.byteCount = byteCount
    batchSize = expression.batchSize
    var options = CompileOptions()
    options.stopsWhenCancelled = true
    program = try Program(
      outputs: expression.outputs, on: backend, label: kind.label,
      arithmetic: kind.arithmetic(of: expression, on: backend), options: options)
  }

  /// All results of at most ``batchSize`` items, in their order.
  func run(_ items: ArraySlice<[Float]>) throws -> [[[Float]]] {
    precondition(items.count <= batchSize, "\(items.count) items for a batch of \(batchSize)")
    let itemCount = expression.input.shape.count / batchSize
    var inputs: [Float] = []
    inputs.reserveCapacity(expression.input.shape.count)
    for item in items {
      precondition(item.count == itemCount, "\(item.count) values for an item of \(itemCount)")
      inputs += item
    }
    inputs += [Float](repeating: 0, count: itemCount * (batchSize - items.count))
    try program.set(expression.input, to: inputs)
    try program.run()
    let values = try expression.outputs.map { try program.values(of: $0) }
    return (0..<items.count).map { index in
      values.map { values in
        let count = values.count / batchSize
        return Array(values[index * count..<(index + 1) * count])
      }
    }
  }
}

/// What a batch of items computes.
struct BatchExpression {
  /// The items, `[batchSize] + itemShape`.
  let input: Tensor
  /// One or more results, each with the batch as its first axis.
  let outputs: [Tensor]

  /// Items of a batch.
  var batchSize: Int { input.shape[0] }

  /// An expression of an input `[batchSize] + itemShape`.
  init(batchSize: Int, itemShape: [Int], name: String, _ body: (Tensor) -> [Tensor]) {
    input = .input(Shape([batchSize] + itemShape), name: name)
    outputs = body(input)
  }
}
