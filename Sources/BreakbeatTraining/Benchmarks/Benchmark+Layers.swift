internal import Breakbeats
internal import NeuralNetworks
internal import Tensors
internal import VulkanCompute

/// How fast one convolution of a model is, in one direction.
public struct LayerTime: Sendable, Hashable, Codable {
  /// Which pass a convolution is computed in.
  public enum Direction: String, Sendable, Hashable, Codable, CaseIterable {
    /// The layer's result.
    case forward
    /// The gradient by its input.
    case byInput
    /// The gradient by its weights.
    case byWeight
  }

  /// Place in the model, such as `encoder.0`.
  public var layer: String
  /// Input, weights and result.
  public var shapes: String
  /// The pass.
  public var direction: Direction
  /// Seconds, median, in the kernels of this pass alone.
  public var seconds: Double
  /// Billions of operations per second.
  public var gigaflops: Double
  /// Part of the measured arithmetic ceiling, 0...1 (or a little more: the ceiling is measured
  /// too).
  public var ceilingShare: Double
}

extension Benchmark {
  /// Each convolution of the model alone, in its three directions.
  public func layers(
    report: (LayerTime) throws -> Void
  ) throws {
    for layer in ConvolutionLayer.all(of: preset.configuration) {
      for direction in LayerTime.Direction.allCases {
        try report(measure(layer, direction))
      }
    }
  }

  private func measure(
    _ layer: ConvolutionLayer, _ direction: LayerTime.Direction
  ) throws -> LayerTime {
    // Drawn on the device: nothing large goes up.
    let key = Tensor.input([4], elementType: .uint32, name: "key")
    let input = randomNormal(Shape([batchSize] + layer.inputShape), key: key)
    let weight = randomNormal(layer.weightShape, key: key)
    let result = layer.result(input, weight)
    let upstream = randomNormal(result.shape, key: key)
    let output =
      switch direction {
      case .forward: result
      case .byInput: result.gradients(withRespectTo: [input], upstream: upstream)[0]
      case .byWeight: result.gradients(withRespectTo: [weight], upstream: upstream)[0]
      }
    var options = CompileOptions()
    options.timestamps = true
    // A slice is all that comes back.
    let program = try Program(
      outputs: [output.sliced(axis: 0, 0..<1)], on: backend,
      label: "\(layer.name) \(direction.rawValue)", options: options)
    var seconds: [Double] = []
    var arithmetic = 0.0
    for run in 0..<max(3, min(runs, 10)) + 1 {
      try program.run()
      let steps = try program.timings().filter { $0.label.contains("convolution") }
      arithmetic = steps.reduce(0) { $0 + $1.arithmetic }
      if run > 0 { seconds.append(steps.reduce(0) { $0 + $1.seconds }) }
    }
    let middle = max(median(seconds), 1e-12)
    return LayerTime(
      layer: layer.name,
      shapes: "\(input.shape) \(weight.shape) → \(result.shape)", direction: direction,
      seconds: middle, gigaflops: arithmetic / middle / 1e9,
      ceilingShare: arithmetic / middle / ceilings.arithmetic)
  }
}

/// A convolution of the model: sizes and kind.
private struct ConvolutionLayer {
  var name: String
  /// Channels, height, width.
  var inputShape: [Int]
  var outputChannels: Int
  var kernel: PerAxis
  var isTransposed: Bool

  private var isHalving: Bool { kernel.x > 1 }

  var weightShape: Shape {
    isTransposed
      ? [inputShape[0], outputChannels, kernel.y, kernel.x]
      : [outputChannels, inputShape[0], kernel.y, kernel.x]
  }

  func result(_ x: Tensor, _ weight: Tensor) -> Tensor {
    let (stride, padding): (PerAxis, PerAxis) = isHalving ? (2, 1) : (1, 0)
    return isTransposed
      ? transposedConvolution(x, weight: weight, stride: stride, padding: padding)
      : convolution(x, weight: weight, stride: stride, padding: padding)
  }

  /// Every convolution, from the picture to the latents and back.
  static func all(of model: BreakbeatVAE.Configuration) -> [ConvolutionLayer] {
    let channels = model.channels
    let top = channels[channels.count - 1]
    let column = PerAxis(y: model.gridHeight, x: 1)
    var layers = zip([1] + channels, channels).enumerated().map { index, size in
      ConvolutionLayer(
        name: "encoder.\(index)",
        inputShape: [size.0, model.bands >> index, model.frames >> index],
        outputChannels: size.1, kernel: 4, isTransposed: false)
    }
    layers.append(
      ConvolutionLayer(
        name: "moments", inputShape: [top, model.gridHeight, model.columns],
        outputChannels: 2 * model.latentSize, kernel: column, isTransposed: false))
    layers.append(
      ConvolutionLayer(
        name: "expand", inputShape: [model.latentSize, 1, model.columns], outputChannels: top,
        kernel: column, isTransposed: true))
    let falling = Array(channels.reversed())
    for (index, size) in zip(falling, falling.dropFirst() + [1]).enumerated() {
      layers.append(
        ConvolutionLayer(
          name: index < channels.count - 1 ? "decoder.\(index)" : "picture",
          inputShape: [size.0, model.gridHeight << index, model.columns << index],
          outputChannels: size.1, kernel: 4, isTransposed: true))
    }
    return layers
  }
}
