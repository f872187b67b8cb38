import CMatrix
import VulkanCompute

/// The operation of ``transposedConvolution(_:weight:bias:stride:padding:dilation:groups:outputPadding:)``
/// and the gradient of ``Convolution`` by the picture.
///
/// Results are computed by phases (coordinates modulo the stride), each a dense convolution with
/// some of the taps, so that no inserted zero is multiplied: a quarter of the work at stride 2.
struct TransposedConvolution: ProductOperation {
  /// How the kernel of the transposed convolution moves over this one's result.
  let geometry: ConvolutionGeometry
  /// Size of the result along each axis.
  let size: PerAxis

  /// A transposed convolution with a result of `size`.
  init(_ geometry: ConvolutionGeometry, size: PerAxis) {
    self.geometry = geometry
    self.size = size
  }

  static var name: String { "transposed convolution" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].rank == 4 && inputs[1].rank == 4,
      "\(Self.name): \(inputs[0]), weights \(inputs[1]): four axes each are needed")
    let result: Shape = [inputs[0][0], inputs[1][1] * geometry.groups, size.y, size.x]
    geometry.check(Self.name, picture: result, positions: inputs[0], weight: inputs[1])
    checkBias(Self.name, inputs, channels: result[1])
    return result
  }

  func evaluate(
    _ inputs: [CPUTensor], into result: CPUTensor,
    epilogue: UnsafePointer<CMatrixEpilogue>?, on workers: CPUWorkers
  ) {
    let kernel = PerAxis(spatial: inputs[1].shape)
    evaluateGather(
      inputs, into: result, epilogue: epilogue, groups: geometry.groups, transposed: true,
      y: geometry.phaseAxes(\.y, inputs[0].shape[2], kernel.y, size.y),
      x: geometry.phaseAxes(\.x, inputs[0].shape[3], kernel.x, size.x), on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, epilogue: ChainCode?,
    with recorder: inout Recorder
  ) {
    recordGather(
      geometry, transposed: true, inputs, into: result, epilogue: epilogue, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (source, weight) = (inputs[0], inputs[1])
    let bySource = Convolution(geometry, size: PerAxis(spatial: source.shape))
    let byWeight = ConvolutionWeightGradient(geometry, kernel: PerAxis(spatial: weight.shape))
    return [
      Tensor(bySource, of: [upstream, weight]), Tensor(byWeight, of: [upstream, source]),
    ] + (inputs.count > 2 ? [upstream.sum(over: [0, 2, 3])] : [])
  }

  var writesHalves: Bool { true }

  var isBandwidthBound: Bool { false }

  func arithmetic(inputs: [Shape], result: Shape) -> Double {
    2 * Double(inputs[0].count) * Double(inputs[1].count / inputs[1][0])
  }
}

/// Transposed convolution: every input value adds a scaled kernel to the result,
/// y[n, o, j·s − p + t·d, i·s − p + u·d] += w[c, o, t, u] · x[n, c, j, i].
///
/// **Shape** [N, C, H, W], weights [C, O / groups, kh, kw], bias [O] or none → [N, O, H', W'].
///
///     let x = Tensor.input([8, 64, 16, 16])
///     transposedConvolution(x, weight: Tensor(weight), stride: 2, padding: 1).shape
///     // [8, 32, 32, 32] with weights [64, 32, 4, 4]
///
/// - Parameters:
///   - input: Pictures, [N, C, H, W].
///   - weight: [C, O / groups, kernel height, kernel width], PyTorch's layout.
///   - bias: [O], added to every position.
///   - stride: Distance between the kernels of neighbouring inputs.
///   - padding: Rows and columns cut off each side of the result.
///   - dilation: Distance between neighbouring taps of the kernel.
///   - groups: Output channels of a group see the input channels of the same group only.
///   - outputPadding: Rows and columns added at the end; less than the stride or the dilation.
/// - Returns: [N, O, H', W'] with H' = (H − 1) · stride − 2 · padding + dilation · (kh − 1) + 1 +
///   outputPadding.
///
/// **Cost** one dispatch, 2 · N · C · H · W · O / groups · kh · kw operations. **Accuracy** as
/// ``convolution(_:weight:bias:stride:padding:dilation:groups:)``. **Source** Dumoulin and Visin
/// 2016, "A guide to convolution arithmetic", section 4.
public func transposedConvolution(
  _ input: Tensor, weight: Tensor, bias: Tensor? = nil, stride: PerAxis = 1,
  padding: PerAxis = 0, dilation: PerAxis = 1, groups: Int = 1, outputPadding: PerAxis = 0
) -> Tensor {
  precondition(
    input.shape.rank == 4 && weight.shape.rank == 4,
    "transposed convolution: \(input.shape), weights \(weight.shape): four axes each are needed")
  precondition(
    outputPadding.y >= 0 && outputPadding.y < max(stride.y, dilation.y)
      && outputPadding.x >= 0 && outputPadding.x < max(stride.x, dilation.x),
    "transposed convolution: output padding \(outputPadding) with stride \(stride), dilation "
      + "\(dilation)")
  let geometry = ConvolutionGeometry(
    stride: stride, padding: padding, dilation: dilation, groups: groups)
  let smallest = geometry.picture(
    positions: PerAxis(spatial: input.shape), kernel: PerAxis(spatial: weight.shape))
  let size = PerAxis(y: smallest.y + outputPadding.y, x: smallest.x + outputPadding.x)
  precondition(
    size.y > 0 && size.x > 0,
    "transposed convolution: padding \(padding) leaves nothing of \(input.shape) with weights "
      + "\(weight.shape)")
  return Tensor(
    TransposedConvolution(geometry, size: size), of: [input, weight] + (bias.map { [$0] } ?? []))
}
