import Tensors

/// A small expression made at random from a seed, smooth everywhere, with numbers for its inputs.
struct RandomProgram {
  private(set) var inputs: [Tensor] = []
  private(set) var numbers: [[Float]] = []
  /// The expression, and one of its parts that is an output too.
  private(set) var outputs: [Tensor] = []
  /// Σ of the outputs with weights, for gradients.
  private(set) var loss: Tensor

  private var random: PhiloxStream
  private var pool: [Tensor] = []

  /// A program of about `size` operations.
  init(seed: UInt64, size: Int) {
    random = PhiloxStream(seed: seed, stream: 77)
    loss = .constant(0)
    for _ in 0..<2 { pool.append(input([2, 4, 5 + random.integer(below: 3), 6])) }
    for _ in 0..<size { pool.append(bounded(next())) }
    outputs = [pool[pool.count - 1], pool[pool.count - 1 - random.integer(below: 3)]]
    loss = outputs.map { ($0 * input($0.shape)).sum() }.reduce(.constant(0), +)
  }

  private mutating func input(_ shape: Shape) -> Tensor {
    let tensor = Tensor.input(shape, name: "input \(inputs.count)")
    inputs.append(tensor)
    numbers.append((0..<shape.count).map { _ in Float(random.uniform(in: -1..<1)) })
    return tensor
  }

  /// One of the latest results, mostly.
  private mutating func pick() -> Tensor {
    pool[pool.count - 1 - random.integer(below: min(4, pool.count))]
  }

  /// Keeps numbers around 1 in size, so that differences mean something.
  private mutating func bounded(_ x: Tensor) -> Tensor {
    random.integer(below: 3) == 0 ? tanh(x) : x
  }

  private mutating func next() -> Tensor {
    let x = pick()
    switch random.integer(below: 10) {
    case 0, 1, 2: return unary(x)
    case 3, 4, 5: return binary(x)
    case 6: return changed(x)
    case 7: return reduced(x)
    default: return x.shape.rank == 4 ? layer(x) : product(x)
    }
  }

  private mutating func unary(_ x: Tensor) -> Tensor {
    // Functions with a corner get arguments that stay away from it.
    switch random.integer(below: 17) {
    case 0: silu(x)
    case 1: tanh(x)
    case 2: sigmoid(x)
    case 3: softplus(x)
    case 4: square(x) * 0.5
    case 5: gelu(x)
    case 6: exp(tanh(x))
    case 7: reciprocal(square(x) + 1)
    case 8: log(square(x) + 1)
    case 9: sqrt(square(x) + 1)
    case 10: tanhGELU(x)
    case 11: elu(x)
    case 12: abs(tanh(x) - 1.5)
    case 13: relu(tanh(x) + 1.5)
    case 14: leakyReLU(tanh(x) - 1.5, slope: 0.3)
    case 15: tanh(x).clamped(to: -1.5...1.5)
    default: x * Float(random.uniform(in: -2..<2)) + Float(random.uniform(in: -1..<1))
    }
  }

  private mutating func binary(_ x: Tensor) -> Tensor {
    let y: Tensor
    switch random.integer(below: 6) {
    case 0: y = .constant(Float(random.uniform(in: 0.5..<1.5)))
    case 1: y = input(Shape([x.shape.dimensions.last ?? 1]))
    case 2 where x.shape.rank > 1:
      y = input(Shape([x.shape[1]] + [Int](repeating: 1, count: x.shape.rank - 2)))
    case 3: y = x
    default: y = pool.last { $0.shape == x.shape && $0 != x } ?? input(x.shape)
    }
    switch random.integer(below: 4) {
    case 0: return x + y
    case 1: return x - y
    case 2: return x * y
    default: return x / (square(y) + 1)
    }
  }

  private mutating func changed(_ x: Tensor) -> Tensor {
    let axis = random.integer(below: max(x.shape.rank, 1))
    guard x.shape.rank > 1, x.shape[axis] > 2 else { return x.reshaped(to: [x.shape.count]) }
    switch random.integer(below: 6) {
    case 0: return x.reshaped(to: [x.shape.count / x.shape[-1], x.shape[-1]])
    case 1: return x.permuted(to: Array((0..<x.shape.rank).reversed()))
    case 2: return x.sliced(axis: axis, 1..<x.shape[axis])
    case 3: return x.padded(axis: axis, before: 1)
    case 4 where x.shape.count < 2000: return unary(repeated(x))
    default: return concatenated([x, silu(x)], axis: axis)
    }
  }

  /// The means of rows, each for so many positions that chains take it for one number.
  private func repeated(_ x: Tensor) -> Tensor {
    var sizes = x.shape.dimensions
    sizes[sizes.count - 1] = 40
    return x.mean(over: [sizes.count - 1], keepingAxes: true).broadcast(to: Shape(sizes))
  }

  private mutating func reduced(_ x: Tensor) -> Tensor {
    guard x.shape.rank > 1 else { return x - x.mean() }
    let axis = random.integer(below: x.shape.rank)
    // Mostly together with what was reduced, so that shapes stay large.
    let mean = x.mean(over: [axis], keepingAxes: true)
    return random.integer(below: 4) == 0 ? mean : x - mean
  }

  private mutating func layer(_ x: Tensor) -> Tensor {
    let channels = x.shape[1]
    switch random.integer(below: 3) {
    case 0 where x.shape[2] > 2 && x.shape[3] > 2:
      return convolution(
        x, weight: input([4, channels, 3, 3]) * 0.3, bias: input([4]), padding: 1)
    case 1 where x.shape.count < 4000:
      return transposedConvolution(
        x, weight: input([channels, 3, 2, 2]) * 0.5, bias: input([3]), stride: 2)
    default:
      let y = groupNormalization(
        x, groups: channels % 2 == 0 ? 2 : 1, weight: input([channels]), bias: input([channels]),
        epsilon: 1e-2)
      return random.integer(below: 2) == 0 ? silu(y) : y
    }
  }

  private mutating func product(_ x: Tensor) -> Tensor {
    guard x.shape.rank > 1 else { return x * 0.5 }
    return matrixProduct(x, input([x.shape[-1], 5]) * 0.5)
  }

  /// By every input.
  var gradients: [Tensor] { loss.gradients(withRespectTo: inputs) }

  /// Values of tensors of this program.
  func values(
    of tensors: [Tensor], on backend: any Backend, passes: CompilePasses = .all,
    moving direction: [[Float]]? = nil, by step: Float = 0
  ) throws -> [[Float]] {
    let program = try Program(outputs: tensors, on: backend, passes: passes)
    for (index, input) in inputs.enumerated() {
      let moved = direction.map { direction in
        zip(numbers[index], direction[index]).map { $0 + step * $1 }
      }
      try program.set(input, to: moved ?? numbers[index])
    }
    try program.run()
    return try tensors.map { try program.values(of: $0) }
  }
}
