public import Tensors

/// A draw from a diagonal Gaussian as a differentiable expression:
/// mean + exp(logVariance / 2) · noise.
///
/// Source: Kingma & Welling, "Auto-encoding variational Bayes" (2013), section 2.4.
public func reparameterize(mean: Tensor, logVariance: Tensor, noise: Tensor) -> Tensor {
  mean + exp(logVariance * 0.5) * noise
}

/// The Kullback-Leibler divergence of diagonal Gaussians from the standard normal distribution,
/// in nats, for each latent number:
///
///     k = (mean² + exp(logVariance) - 1 - logVariance) / 2
///
/// **Shape** any → the same.
public func divergenceFromStandardNormal(mean: Tensor, logVariance: Tensor) -> Tensor {
  (mean * mean + exp(logVariance) - 1 - logVariance) * 0.5
}

/// ``divergenceFromStandardNormal(mean:logVariance:)`` summed over the latents and averaged over
/// the batch.
///
/// **Shape** `[N, ...]` → `[]`.
///
/// Every latent's batch mean counts at least `freeNats`, so that the loss does not push it below
/// (Kingma et al. 2016, "free bits").
public func divergence(mean: Tensor, logVariance: Tensor, freeNats: Float = 0) -> Tensor {
  let each = divergenceFromStandardNormal(mean: mean, logVariance: logVariance)
  return divergence(ofMeans: each.mean(over: [0]), freeNats: freeNats)
}

/// The sum of latents' batch means, each of which counts at least `freeNats`.
///
/// **Shape** any → `[]`.
public func divergence(ofMeans means: Tensor, freeNats: Float) -> Tensor {
  guard freeNats > 0 else { return means.sum() }
  return (relu(means - freeNats) + freeNats).sum()
}
