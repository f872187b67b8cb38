extension Tensor {
  /// Every pixel repeated `scale` times along both axes: nearest-neighbour upsampling.
  ///
  /// **Shape** [N, C, H, W] → [N, C, scale · H, scale · W]. A composition: one dispatch.
  public func upsampled(by scale: Int) -> Tensor {
    precondition(shape.rank == 4 && scale > 0, "upsampled: \(shape) by \(scale)")
    let (n, c, h, w) = (shape[0], shape[1], shape[2], shape[3])
    return reshaped(to: [n, c, h, 1, w, 1])
      .broadcast(to: [n, c, h, scale, w, scale])
      .reshaped(to: [n, c, h * scale, w * scale])
  }

  /// Means of squares of `size` x `size` pixels; rows and columns left over are dropped.
  ///
  /// **Shape** [N, C, H, W] → [N, C, ⌊H / size⌋, ⌊W / size⌋]. A composition: two to five
  /// dispatches.
  public func averagePooled(by size: Int) -> Tensor {
    precondition(
      shape.rank == 4 && size > 0 && shape[2] >= size && shape[3] >= size,
      "averagePooled: \(shape) by \(size)")
    let (n, c, h, w) = (shape[0], shape[1], shape[2] / size, shape[3] / size)
    return sliced(axis: 2, 0..<h * size).sliced(axis: 3, 0..<w * size)
      .reshaped(to: [n, c, h, size, w, size])
      .mean(over: [3, 5])
  }
}
