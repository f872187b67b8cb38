import Tensors

/// How fast a device computes what networks are made of: OperationSpeed [DEVICE] [SIZE].
@main
struct OperationSpeed {
  static func main() throws {
    let arguments = CommandLine.arguments
    let choice = try BackendChoice(matching: arguments.count > 1 ? arguments[1] : nil)
    print("Device: \(choice.backend.name), \(choice.reason)")
    guard let size = arguments.count > 2 ? Int(arguments[2]) : 512, size > 0, size % 8 == 0 else {
      print("usage: OperationSpeed [DEVICE] [SIZE], SIZE a multiple of 8")
      return
    }

    let matrix = Tensor.input([size, size])
    try measure(
      "matrix product, \(size) x \(size)", matrixProduct(matrix, matrix), of: [matrix],
      operations: 2 * size * size * size, on: choice.backend)

    let pictures = Tensor.input([8, 32, size / 8, size / 8])
    let weight = Tensor.input([64, 32, 4, 4])
    let layer = convolution(pictures, weight: weight, stride: 2, padding: 1)
    let operations = 2 * layer.shape.count * 32 * 16
    try measure(
      "convolution 4 x 4, 32 to 64 channels", layer, of: [pictures, weight],
      operations: operations, on: choice.backend)
    try measure(
      "its gradient by weight", square(layer).sum().gradients(withRespectTo: [weight])[0],
      of: [pictures, weight], operations: 2 * operations, on: choice.backend)

    let values = Tensor.input([size * size])
    try measure(
      "four pointwise operations in one", tanh(values * 2 + 1) * values, of: [values],
      operations: 4 * size * size, on: choice.backend)
  }

  /// Prints operations a second of the fastest of ten runs.
  private static func measure(
    _ name: String, _ result: Tensor, of inputs: [Tensor], operations: Int, on backend: any Backend
  ) throws {
    let program = try Program(outputs: [result.sum()], on: backend)
    for input in inputs {
      let values = (0..<input.shape.count).map { Float($0 % 7) / 7 }
      try program.set(input, to: values)
    }
    try program.run()
    let clock = ContinuousClock()
    let times = try (0..<10).map { _ in try clock.measure { try program.run() } }
    let seconds = times.reduce(.seconds(1000), min) / .seconds(1)
    let speed = (Double(operations) / seconds / 1e8).rounded() / 10
    print("\(name): \((seconds * 1e5).rounded() / 100) ms, \(speed) GFLOP/s")
  }
}
