public import Tensors

/// How the losses of single pixels become one number.
public enum LossReduction: Sendable, Hashable {
  /// The mean over everything.
  case mean
  /// Summed over each picture, averaged over the batch (the first axis).
  case sumOverPixels

  fileprivate func callAsFunction(_ each: Tensor) -> Tensor {
    switch self {
    case .mean: each.mean()
    case .sumOverPixels: each.sum() / Float(each.shape[0])
    }
  }
}

/// Binary cross-entropy of probabilities given as logits:
/// softplus(logits) - logits · target, for targets in 0...1.
public func binaryCrossEntropy(
  logits: Tensor, target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  checkShapes("binaryCrossEntropy", logits, target)
  return reduction(softplus(logits) - logits * target)
}

/// (prediction - target)².
public func squaredError(
  _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  checkShapes("squaredError", prediction, target)
  let difference = prediction - target
  return reduction(difference * difference)
}

/// (prediction - target)² / 2, summed over each picture and averaged over the batch: the negative
/// log-likelihood of a Gaussian of variance 1, without its constant.
public func halfSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
  squaredError(prediction, target, reduction: .sumOverPixels) * 0.5
}

/// |prediction - target|.
public func absoluteError(
  _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  checkShapes("absoluteError", prediction, target)
  return reduction(abs(prediction - target))
}

/// The negative log-likelihood per pixel of a Gaussian whose one shared variance is the optimal
/// one, without its constant: ½ (ln(mean squared error over the batch) + 1).
///
/// Times the pixels of a picture it is the likelihood of a picture.
///
/// Source: Rybkin, Daniilidis, Levine, "Simple and effective VAE training with calibrated
/// decoders" (2021).
public func calibratedGaussian(_ prediction: Tensor, _ target: Tensor) -> Tensor {
  (log(squaredError(prediction, target)) + 1) * 0.5
}

/// The same for a Laplace distribution of optimal scale: ln(mean absolute error) + 1, per pixel.
public func calibratedLaplace(_ prediction: Tensor, _ target: Tensor) -> Tensor {
  log(absoluteError(prediction, target)) + 1
}

/// Traps when a loss is given tensors of different shapes, which would broadcast silently.
func checkShapes(_ name: String, _ a: Tensor, _ b: Tensor) {
  precondition(a.shape == b.shape, "\(name): prediction \(a.shape), target \(b.shape)")
}
