public import Tensors

/// A layer that maps a batch of pictures `[N, C, H, W]` to another.
public protocol PictureLayer: Sendable {
  /// Applies the layer.
  func callAsFunction(_ x: Tensor) -> Tensor
}

extension Convolution2D: PictureLayer {}
extension TransposedConvolution2D: PictureLayer {}
extension GroupNormalization: PictureLayer {}
