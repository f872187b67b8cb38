public import Tensors

/// The transpose of ``Convolution2D``: each input pixel spreads a kernel over the output.
///
/// **Shape** `[N, from, H, W]` → `[N, to, H', W']` with
/// `H' = (H - 1)·stride - 2·padding + dilation·(kernel - 1) + outputPadding + 1`. Weight
/// `[from, to/groups, kh, kw]`, as in PyTorch, with PyTorch's default start.
public struct TransposedConvolution2D: Sendable {
  /// The kernels, `[from, to / groups, kernel.y, kernel.x]`.
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
  ///
  /// `initialWeight` and `initialBias` are other starts than PyTorch's.
  public init(
    _ parameters: Parameters, from inputs: Int, to outputs: Int,
    kernel: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
    groups: Int = 1, bias hasBias: Bool = true, initialWeight: Initialization? = nil,
    initialBias: Initialization? = nil
  ) throws {
    precondition(
      groups > 0 && inputs % groups == 0 && outputs % groups == 0,
      "\(parameters.path): \(inputs) to \(outputs) channels in \(groups) groups")
    let initial = Initialization.fanIn(outputs / groups * kernel.y * kernel.x)
    weight = try parameters.weight(
      [inputs, outputs / groups, kernel.y, kernel.x], initialWeight ?? initial)
    bias = hasBias ? try parameters.bias([outputs], initialBias ?? initial) : nil
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
  }

  /// Spreads a batch of pictures.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    transposedConvolution(
      x, weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation,
      groups: groups)
  }
}
