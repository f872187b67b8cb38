import VulkanCompute

/// Times candidates of one product after the other on a device.
///
/// Operands are drawn on the device, the result is compared with the reference's there, and two
/// numbers come back. Times are the device's own, of the product's kernels alone.
final class TileMeasurement {
  private let device: Device
  private let runs: Int
  private var reference: (problem: ProductProblem, value: Variable)?

  init(_ device: Device, runs: Int = 5) {
    self.device = device
    self.runs = runs
  }

  func measure(_ problem: ProductProblem, _ tile: ProductTile) throws -> Tuner.Measurement {
    if reference?.problem != problem { try makeReference(problem, tile) }
    guard let value = reference?.value else { return .init(seconds: .infinity, difference: .nan) }
    let (result, name) = expression(of: problem)
    let difference = abs(result - Tensor(value))
    let largest = [difference, abs(Tensor(value))].map {
      $0.reshaped(to: [$0.shape.count]).maximum(over: [0])
    }
    // A maximum may lose what is not a number; a sum does not.
    let sum = difference.sum()
    var options = CompileOptions()
    options.timestamps = true
    let program = try Program(
      outputs: largest + [sum], on: backend(problem, tile), label: "tuning", options: options,
      // The product alone, without what is compared.
      passes: .all.subtracting(.epilogues))
    var seconds: [Double] = []
    for run in 0...runs {
      try program.run()
      let own = try program.timings().filter { $0.label.contains(name) }
      if run > 0 { seconds.append(own.reduce(0) { $0 + $1.seconds }) }
    }
    let numbers = try (largest + [sum]).map { Double(try program.values(of: $0)[0]) }
    let relative = numbers[0] / max(numbers[1], Double(Float.leastNormalMagnitude))
    return .init(
      seconds: seconds.sorted()[seconds.count / 2],
      difference: numbers[2].isFinite ? relative : .nan)
  }

  /// Keeps the result of the rule's tile.
  private func makeReference(_ problem: ProductProblem, _ tile: ProductTile) throws {
    reference = nil
    let backend = backend(problem, tile)
    let (result, _) = expression(of: problem)
    let value = try Variable(
      [Float](repeating: 0, count: result.shape.count), shape: result.shape, name: "reference",
      on: backend)
    let updates = [Update(Assign(), of: [value], from: [result])]
    try Program(outputs: [], updates: updates, on: backend, label: "tuning").run()
    reference = (problem, value)
  }

  /// The device with one choice made.
  private func backend(_ problem: ProductProblem, _ tile: ProductTile) -> VulkanBackend {
    var choices = TileChoices()
    choices[problem] = tile
    return VulkanBackend(device, tileChoices: choices, insistsOnChoices: true)
  }

  /// The product of random operands, and what its steps are called.
  private func expression(of problem: ProductProblem) -> (result: Tensor, name: String) {
    let (inputs, result) = problem.expression
    guard case .operation(let operation) = result.node.content else {
      preconditionFailure("\(problem): its expression is no operation")
    }
    let key = Tensor.input([4], elementType: .uint32, name: "key")
    let drawn = inputs.map { randomNormal($0.shape, key: key) }
    return (Tensor(operation, of: drawn), type(of: operation).name)
  }
}
