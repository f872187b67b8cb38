import Tensors

/// An expression of one batch of equal items, compiled once; any number of items runs through it.
///
/// The batch size never changes, and an item's result does not depend on its neighbours, so equal
/// items give equal results however they are asked for.
struct BatchProgram {
  private let program: Program
  private let input: Tensor
  private let output: Tensor
  private let batchSize: Int

  /// Compiles `body` of an input `[batchSize] + itemShape`.
  init(
    batchSize: Int, itemShape: [Int], on backend: any Backend, label: String,
    _ body: (Tensor) throws -> Tensor
  ) throws {
    input = .input(Shape([batchSize] + itemShape), name: label)
    output = try body(input)
    self.batchSize = batchSize
    program = try Program(outputs: [output], on: backend, label: label)
  }

  /// The results of items, in their order. A full batch at a time; cancelled between batches.
  func run(_ items: [[Float]]) throws -> [[Float]] {
    let itemCount = input.shape.count / batchSize
    let resultCount = output.shape.count / batchSize
    var results: [[Float]] = []
    for start in stride(from: 0, to: items.count, by: batchSize) {
      try Task.checkCancellation()
      let batch = items[start..<min(start + batchSize, items.count)]
      var values = batch.flatMap { item -> [Float] in
        precondition(item.count == itemCount, "\(item.count) values for an item of \(itemCount)")
        return item
      }
      values += [Float](repeating: 0, count: itemCount * (batchSize - batch.count))
      try program.set(input, to: values)
      try program.run()
      let output = try program.values(of: output)
      for index in 0..<batch.count {
        results.append(Array(output[index * resultCount..<(index + 1) * resultCount]))
      }
    }
    return results
  }
}
