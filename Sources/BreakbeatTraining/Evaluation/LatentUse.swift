#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a model uses its latents, measured on pictures.
public struct LatentUse: Sendable, Hashable, Codable {
  /// KL from N(0, 1) of each latent number, averaged over the pictures, in nats:
  /// ½ (μ² + σ² - 1 - ln σ²).
  public var divergences: [Double]
  /// Their sum: nats per picture.
  public var divergence: Double
  /// Latent numbers whose mean varies by more than 0.01 over the pictures (Burda et al. 2016).
  public var activeUnits: Int

  /// Measures the encoder's means and variances of pictures.
  public init(means: [[Float]], variances: [[Float]]) {
    precondition(
      !means.isEmpty && means.count == variances.count,
      "LatentUse: \(means.count) means, \(variances.count) variances")
    let count = Double(means.count)
    var active = 0
    divergences = means[0].indices.map { index in
      var (sum, squares, divergence) = (0.0, 0.0, 0.0)
      for (mean, variance) in zip(means, variances) {
        let (mean, variance) = (Double(mean[index]), Double(variance[index]))
        sum += mean
        squares += mean * mean
        divergence += 0.5 * (mean * mean + variance - 1 - log(variance))
      }
      if squares / count - sum / count * (sum / count) > 0.01 { active += 1 }
      return divergence / count
    }
    divergence = divergences.reduce(0, +)
    activeUnits = active
  }
}
