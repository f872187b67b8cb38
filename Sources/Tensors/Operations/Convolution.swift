import CMatrix
import VulkanCompute

/// The operation of ``convolution(_:weight:bias:stride:padding:dilation:groups:)``: an implicit
/// matrix product of weights [O, (c, t, u)] and gathered pictures [(c, t, u), (n, j, i)], as in
/// Chetlur et al. 2014, "cuDNN", section 3.
struct Convolution: ProductOperation {
  /// How the kernel moves.
  let geometry: ConvolutionGeometry
  /// Positions computed along each axis, at most those that fit.
  let size: PerAxis

  /// A convolution with `size` positions.
  init(_ geometry: ConvolutionGeometry, size: PerAxis) {
    self.geometry = geometry
    self.size = size
  }

  static var name: String { "convolution" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].rank == 4 && inputs[1].rank == 4,
      "\(Self.name): \(inputs[0]), weights \(inputs[1]): four axes each are needed")
    let result: Shape = [inputs[0][0], inputs[1][0], size.y, size.x]
    geometry.check(Self.name, picture: inputs[0], positions: result, weight: inputs[1])
    checkBias(Self.name, inputs, channels: result[1])
    return result
  }

  func evaluate(
    _ inputs: [CPUTensor], into result: CPUTensor,
    epilogue: UnsafePointer<CMatrixEpilogue>?, on workers: CPUWorkers
  ) {
    let kernel = PerAxis(spatial: inputs[1].shape)
    evaluateGather(
      inputs, into: result, epilogue: epilogue, groups: geometry.groups, transposed: false,
      y: [geometry.forwardAxis(\.y, inputs[0].shape[2], kernel.y, size.y)],
      x: [geometry.forwardAxis(\.x, inputs[0].shape[3], kernel.x, size.x)],
      on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, epilogue: ChainCode?,
    with recorder: inout Recorder
  ) {
    recordGather(
      geometry, transposed: false, inputs, into: result, epilogue: epilogue, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (source, weight) = (inputs[0], inputs[1])
    let bySource = TransposedConvolution(geometry, size: PerAxis(spatial: source.shape))
    let byWeight = ConvolutionWeightGradient(geometry, kernel: PerAxis(spatial: weight.shape))
    return [
      Tensor(bySource, of: [upstream, weight]), Tensor(byWeight, of: [source, upstream]),
    ] + (inputs.count > 2 ? [upstream.sum(over: [0, 2, 3])] : [])
  }

  var writesHalves: Bool { true }

  var isBandwidthBound: Bool { false }

  func arithmetic(inputs: [Shape], result: Shape) -> Double {
    2 * Double(result.count) * Double(inputs[1].count / inputs[1][0])
  }
}

/// Convolution of pictures with a kernel (cross-correlation, as in every deep-learning library):
/// y[n, o, j, i] = b[o] + Σ_{c, t, u} w[o, c, t, u] · x[n, c, j·s − p + t·d, i·s − p + u·d].
///
/// **Shape** [N, C, H, W], weights [O, C / groups, kh, kw], bias [O] or none → [N, O, H', W'].
///
///     let x = Tensor.input([8, 1, 64, 64])
///     convolution(x, weight: Tensor(weight), stride: 2, padding: 1).shape   // [8, 32, 32, 32]
///
/// - Parameters:
///   - input: Pictures, [N, C, H, W].
///   - weight: [O, C / groups, kernel height, kernel width], PyTorch's layout.
///   - bias: [O], added to every position.
///   - stride: Distance between neighbouring positions of the kernel.
///   - padding: Zeros on each side.
///   - dilation: Distance between neighbouring taps of the kernel.
///   - groups: Output channels of a group see the input channels of the same group only.
/// - Returns: [N, O, H', W'] with H' = ⌊(H + 2 · padding − dilation · (kh − 1) − 1) / stride⌋ + 1.
///
/// **Cost** one dispatch, 2 · N · O · H' · W' · C / groups · kh · kw operations; no unfolded copy
/// of the pictures. **Accuracy** fp32 sums along (c, t, u): the error of a result is a few units
/// in the last place of its largest term times the square root of their number.
public func convolution(
  _ input: Tensor, weight: Tensor, bias: Tensor? = nil, stride: PerAxis = 1,
  padding: PerAxis = 0, dilation: PerAxis = 1, groups: Int = 1
) -> Tensor {
  precondition(
    input.shape.rank == 4 && weight.shape.rank == 4,
    "convolution: \(input.shape), weights \(weight.shape): four axes each are needed")
  let geometry = ConvolutionGeometry(
    stride: stride, padding: padding, dilation: dilation, groups: groups)
  let (picture, kernel) = (PerAxis(spatial: input.shape), PerAxis(spatial: weight.shape))
  let size = geometry.positions(in: picture, kernel: kernel)
  precondition(
    size.y > 0 && size.x > 0,
    "convolution: a kernel \(kernel), dilation \(dilation), is larger than a picture \(picture) "
      + "with padding \(padding)")
  return Tensor(Convolution(geometry, size: size), of: [input, weight] + (bias.map { [$0] } ?? []))
}

/// Traps unless a third input is one number per channel.
func checkBias(_ name: String, _ inputs: [Shape], channels: Int) {
  guard inputs.count > 2 else { return }
  precondition(
    inputs[2] == [channels], "\(name): bias \(inputs[2]) for \(channels) channels")
}
