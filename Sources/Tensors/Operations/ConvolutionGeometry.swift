/// How a kernel moves over a picture: what a convolution, its gradients and a transposed
/// convolution of the same picture share.
///
/// Picture coordinate = step · stride − padding + tap · dilation, along each axis.
public struct ConvolutionGeometry: Sendable, Hashable, Codable {
  /// Distance between neighbouring positions of the kernel.
  public var stride: PerAxis
  /// Zeros around the picture.
  public var padding: PerAxis
  /// Distance between neighbouring taps.
  public var dilation: PerAxis
  /// Channels are cut into this many groups that do not see each other.
  public var groups: Int

  /// A geometry; strides, dilations and groups at least 1, padding at least 0.
  public init(
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1, groups: Int = 1
  ) {
    precondition(
      min(stride.y, stride.x, dilation.y, dilation.x, groups) >= 1
        && min(padding.y, padding.x) >= 0,
      "convolution: stride \(stride), padding \(padding), dilation \(dilation), groups \(groups)")
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// Positions of a kernel within a picture: ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1.
  public func positions(in picture: PerAxis, kernel: PerAxis) -> PerAxis {
    func along(_ axis: KeyPath<PerAxis, Int>) -> Int {
      let span = dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) + 1
      let room = picture[keyPath: axis] + 2 * padding[keyPath: axis] - span
      return room < 0 ? 0 : room / stride[keyPath: axis] + 1
    }
    return PerAxis(y: along(\.y), x: along(\.x))
  }

  /// The smallest picture with so many positions: (n − 1)s − 2p + d(k − 1) + 1.
  public func picture(positions: PerAxis, kernel: PerAxis) -> PerAxis {
    func along(_ axis: KeyPath<PerAxis, Int>) -> Int {
      (positions[keyPath: axis] - 1) * stride[keyPath: axis] - 2 * padding[keyPath: axis]
        + dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) + 1
    }
    return PerAxis(y: along(\.y), x: along(\.x))
  }

  /// Traps unless picture, positions, weights [positions' channels, picture's channels / groups,
  /// y, x] and bias fit together.
  func check(_ name: String, picture: Shape, positions: Shape, weight: Shape) {
    precondition(
      picture.rank == 4 && weight.rank == 4 && positions.rank == 4,
      "\(name): \(picture), weights \(weight): four axes each are needed")
    precondition(
      picture[0] == positions[0], "\(name): batches \(picture[0]) and \(positions[0]) differ")
    precondition(
      picture[1] == weight[1] * groups && positions[1] == weight[0] && weight[0] % groups == 0,
      "\(name): channels \(picture[1]) and \(positions[1]) do not fit weights \(weight) in "
        + "\(groups) groups")
    let most = self.positions(in: PerAxis(spatial: picture), kernel: PerAxis(spatial: weight))
    precondition(
      positions[2] <= most.y && positions[3] <= most.x,
      "\(name): a kernel \(PerAxis(spatial: weight)) has \(most) positions in "
        + "\(PerAxis(spatial: picture)), not \(PerAxis(spatial: positions)) (stride \(stride), "
        + "padding \(padding), dilation \(dilation))")
  }
}
