import TensorKernels
import VulkanCompute

/// Independent random numbers from a key, element by element: nothing to seed, nothing to carry.
///
/// Elements 4b … 4b+3, row-major, come from the ``Philox`` block with key (seed low, seed high) and
/// counter (b, 0, stream, step). Uniform numbers are the upper 24 bits of each word; normal numbers
/// are made pairwise by Box and Muller from words (0, 1) and (2, 3). The bits are the same on
/// every backend; normal numbers agree to a few units in the last place.
///
/// A fifth word of the key is the position, in the sequence so defined, of the result's first
/// element: parts of a batch draw what the whole batch would.
///
/// **Shape** key [4] or [5] of `uint32` → any. **Cost** one dispatch.
struct RandomNumbers: Operation {
  /// How numbers are distributed.
  enum Distribution: Sendable, Hashable {
    /// Evenly in 0 ..< 1.
    case uniform
    /// With mean 0 and variance 1.
    case normal
  }

  /// The shape of the result.
  let shape: Shape
  /// How the numbers are distributed.
  let distribution: Distribution

  /// Draws as many numbers as `shape` holds.
  init(_ distribution: Distribution, shape: Shape) {
    self.distribution = distribution
    self.shape = shape
  }

  static var name: String { "random numbers" }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0] == [4] || inputs[0] == [5], "\(Self.name): key of shape \(inputs[0]), not [4]")
    precondition(shape.count <= 1 << 32, "\(Self.name): \(shape) is too large for one key")
    return shape
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (key, numbers, count) = (inputs[0].words, result.floats, result.count)
    let philoxKey = SIMD2(key[0], key[1])
    let (stream, step) = (key[2], key[3])
    let first = inputs[0].count > 4 ? Int(key[4]) : 0
    workers.forEachRange((first % 4 + count + 3) / 4, grain: 4096) { blocks in
      for block in blocks {
        let words = Philox.block(
          counter: SIMD4(UInt32(first / 4 + block), 0, stream, step), key: philoxKey)
        let four = numbersOf(words)
        let start = block * 4 - first % 4
        for lane in max(0, -start)..<min(4, count - start) { numbers[start + lane] = four[lane] }
      }
    }
  }

  private func numbersOf(_ words: SIMD4<UInt32>) -> SIMD4<Float> {
    switch distribution {
    case .uniform:
      return SIMD4(
        NormalNumbers.uniform(words.x), NormalNumbers.uniform(words.y),
        NormalNumbers.uniform(words.z), NormalNumbers.uniform(words.w))
    case .normal:
      let first = NormalNumbers.pair(words.x, words.y)
      let second = NormalNumbers.pair(words.z, words.w)
      return SIMD4(first.0, first.1, second.0, second.1)
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    // A first number in the middle of a block takes one more block.
    let hasFirst = inputs[0].count > 4
    recorder.dispatch(
      RandomNumbersKernel.self, .init(key: inputs[0].range, result: result.range),
      specialization: .init(normal: distribution == .normal, hasFirst: hasFirst),
      constants: .init(count: UInt32(result.count)),
      workgroups: .covering((result.count + 3) / 4 + (hasFirst ? 1 : 0), by: 64))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [nil]
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double { 30 * Double(result.count) }
}

/// Normal numbers with mean 0 and variance 1.
///
/// Elements 4b … 4b+3, row-major, come from the ``Philox`` block with key (seed low, seed high) and
/// counter (b, 0, stream, step), pairwise by the method of Box and Muller from words (0, 1) and
/// (2, 3). Backends agree to a few units in the last place.
///
/// **Cost** one dispatch.
///
/// - Parameters:
///   - shape: The shape of the result.
///   - key: `uint32` of shape [4]: seed (low, high), stream, step. Different keys give independent
///     numbers; the same key the same numbers. A fifth word skips so many numbers at the start.
public func randomNormal(_ shape: Shape, key: Tensor) -> Tensor {
  precondition(key.elementType == .uint32, "randomNormal: key of \(key.elementType)")
  return Tensor(RandomNumbers(.normal, shape: shape), of: [key])
}

/// Numbers evenly distributed in 0 ..< 1: multiples of 2^-24.
///
/// Elements 4b … 4b+3, row-major, are the upper 24 bits of the words of the ``Philox`` block with
/// key (seed low, seed high) and counter (b, 0, stream, step): the same bits on every backend.
///
/// **Cost** one dispatch.
///
/// - Parameters:
///   - shape: The shape of the result.
///   - key: `uint32` of shape [4]: seed (low, high), stream, step. Different keys give independent
///     numbers; the same key the same numbers. A fifth word skips so many numbers at the start.
public func randomUniform(_ shape: Shape, key: Tensor) -> Tensor {
  precondition(key.elementType == .uint32, "randomUniform: key of \(key.elementType)")
  return Tensor(RandomNumbers(.uniform, shape: shape), of: [key])
}
