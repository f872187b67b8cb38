public import Tensors

/// Cross-correlation of pictures with learned kernels, plus a bias per channel.
///
///     y[n, o, i, j] = bias[o] + Σ weight[o, c, p, q] · x[n, c, i·s + p·d - pad, j·s + q·d - pad]
///
/// **Shape** `[N, from, H, W]` → `[N, to, H', W']` with
/// `H' = (H + 2·padding - dilation·(kernel - 1) - 1) / stride + 1`. Weight `[to, from/groups, kh, kw]`,
/// as in PyTorch, with PyTorch's default start.
public struct Convolution2D: Sendable {
  /// The kernels, `[to, from / groups, kernel.y, kernel.x]`.
  public let weight: Tensor
  /// One number per output channel, `[to]`; `nil` for none.
  public let bias: Tensor?
  /// Pixels from one placement of the kernel to the next.
  public let stride: PerAxis
  /// Zeros around the picture.
  public let padding: PerAxis
  /// Pixels from one element of the kernel to the next.
  public let dilation: PerAxis
  /// Groups of channels that do not mix.
  public let groups: Int

  /// A layer whose parameters are `weight` and `bias` below a place in the tree.
  public init(
    _ parameters: Parameters, from inputs: Int, to outputs: Int,
    kernel: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
    groups: Int = 1, bias hasBias: Bool = true
  ) throws {
    precondition(
      groups > 0 && inputs % groups == 0 && outputs % groups == 0,
      "\(parameters.path): \(inputs) to \(outputs) channels in \(groups) groups")
    let initial = Initialization.fanIn(inputs / groups * kernel.y * kernel.x)
    weight = try parameters.weight([outputs, inputs / groups, kernel.y, kernel.x], initial)
    bias = hasBias ? try parameters.bias([outputs], initial) : nil
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
  }

  /// Convolves a batch of pictures.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    convolution(
      x, weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation,
      groups: groups)
  }
}
