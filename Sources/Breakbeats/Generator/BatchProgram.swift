import Tensors

/// An expression of one batch of equal items, compiled once; any number of items runs through it.
///
/// The batch size never changes, and an item's result does not depend on its neighbours, so equal
/// items give equal results however they are asked for.
struct BatchProgram {
  private let program: Program
  private let input: Tensor
  private let outputs: [Tensor]
  private let batchSize: Int

  /// Compiles `body` of an input `[batchSize] + itemShape`.
  init(
    batchSize: Int, itemShape: [Int], on backend: any Backend, label: String,
    _ body: (Tensor) throws -> [Tensor]
  ) throws {
    input = .input(Shape([batchSize] + itemShape), name: label)
    outputs = try body(input)
    self.batchSize = batchSize
    program = try Program(outputs: outputs, on: backend, label: label)
  }

  /// The first results of items, in their order.
  func run(_ items: [[Float]]) throws -> [[Float]] { try runAll(items).map { $0[0] } }

  /// All results of items, in their order. A full batch at a time; cancelled between batches.
  func runAll(_ items: [[Float]]) throws -> [[[Float]]] {
    let itemCount = input.shape.count / batchSize
    var results: [[[Float]]] = []
    for start in stride(from: 0, to: items.count, by: batchSize) {
      try Task.checkCancellation()
      let batch = items[start..<min(start + batchSize, items.count)]
      var inputs = batch.flatMap { item -> [Float] in
        precondition(item.count == itemCount, "\(item.count) values for an item of \(itemCount)")
        return item
      }
      inputs += [Float](repeating: 0, count: itemCount * (batchSize - batch.count))
      try program.set(input, to: inputs)
      try program.run()
      let values = try outputs.map { try program.values(of: $0) }
      for index in 0..<batch.count {
        results.append(
          values.map { values in
            let count = values.count / batchSize
            return Array(values[index * count..<(index + 1) * count])
          })
      }
    }
    return results
  }
}
