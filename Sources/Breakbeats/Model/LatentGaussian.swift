import NeuralNetworks
import Tensors

/// The Gaussian that training latents follow, all of a picture's latents together: what samples are
/// drawn from.
///
/// Latents drawn from it decode to much better pictures than latents drawn from the prior N(0, I),
/// because training leaves the latents' means correlated and tighter than the prior ("ex-post
/// density estimation", Ghosh et al. 2020).
public struct LatentGaussian: Sendable, Hashable {
  /// The mean, `[n]`.
  public let mean: [Float]
  /// The lower Cholesky factor L of the covariance L·Lᵀ, row-major `[n, n]`.
  public let factor: [Float]

  /// Latent numbers of one picture.
  public var count: Int { mean.count }

  /// A distribution from its parts.
  public init(mean: [Float], factor: [Float]) {
    precondition(
      factor.count == mean.count * mean.count,
      "LatentGaussian: \(mean.count) means, \(factor.count) elements of the factor")
    self.mean = mean
    self.factor = factor
  }

  /// The prior N(0, I).
  public static func standard(count: Int) -> LatentGaussian {
    var factor = [Float](repeating: 0, count: count * count)
    for index in 0..<count { factor[index * count + index] = 1 }
    return LatentGaussian(mean: [Float](repeating: 0, count: count), factor: factor)
  }

  /// Fits the mean and full covariance of draws from the encoder.
  ///
  /// - Parameters:
  ///   - means: Encoder means, one array of `n` per picture, at least one.
  ///   - variances: Encoder variances of the same pictures; their average is added to the
  ///     covariance's diagonal, as if many latents had been drawn from every picture.
  /// - Throws: ``BreakbeatError`` when a latent is not a finite number.
  ///
  /// A small multiple of the average variance is added to the diagonal, a larger one when there are
  /// too few pictures for a covariance of full rank.
  public init(fittingMeans means: [[Float]], variances: [[Float]]) throws {
    precondition(
      !means.isEmpty && means.count == variances.count,
      "LatentGaussian: \(means.count) means, \(variances.count) variances")
    guard (means + variances).allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw BreakbeatError(
        .invalidModel,
        "the encoder's latents are not finite numbers: the training diverged; use an earlier "
          + "checkpoint or a lower learning rate")
    }
    let count = means[0].count
    let scale = 1 / Double(means.count)
    var mean = [Double](repeating: 0, count: count)
    var covariance = SquareMatrix(count: count)
    for values in means {
      for index in 0..<count { mean[index] += Double(values[index]) * scale }
    }
    for (values, spread) in zip(means, variances) {
      let centred = (0..<count).map { Double(values[$0]) - mean[$0] }
      for row in 0..<count {
        let factor = centred[row] * scale
        for column in 0...row { covariance[row, column] += factor * centred[column] }
        covariance[row, row] += Double(spread[row]) * scale
      }
    }
    self.mean = mean.map(Float.init)
    factor = covariance.choleskyFactor().elements.map(Float.init)
  }

  /// Draws the latents of one picture: mean + temperature · L · ε.
  ///
  /// - Parameters:
  ///   - seed: Which sequence of draws.
  ///   - index: Which of the seed's draws; equal seeds and indices give equal latents.
  ///   - temperature: 1 draws from the distribution, less stays closer to the mean.
  ///   - truncation: Numbers ε beyond this many standard deviations are drawn again; `nil` for no
  ///     limit.
  public func sample(
    seed: UInt64, index: Int, temperature: Double = 1, truncation: Double? = nil
  ) -> [Float] {
    precondition(truncation.map { $0 > 0.01 } ?? true, "LatentGaussian: truncation too small")
    var random = PhiloxStream(seed: seed, stream: UInt64(index))
    let noise = (0..<count).map { _ -> Double in
      var number = random.standardNormal()
      while let truncation, abs(number) > truncation { number = random.standardNormal() }
      return number
    }
    return (0..<count).map { row in
      var sum = 0.0
      for column in 0...row { sum += Double(factor[row * count + column]) * noise[column] }
      return Float(Double(mean[row]) + temperature * sum)
    }
  }
}
