import Breakbeats
import Testing

@Suite struct LatentGaussianTests {
  /// Latents x = (a, a + b / 2), a and b independent normal numbers.
  private func correlated(count: Int) -> [[Float]] {
    let unit = LatentGaussian.standard(count: 2)
    return (0..<count).map { index in
      let draw = unit.sample(seed: 3, index: index)
      return [draw[0] + 5, draw[0] + draw[1] / 2]
    }
  }

  @Test func fitRecoversMeanAndCovariance() throws {
    let latents = correlated(count: 4000)
    let none = [[Float]](repeating: [0, 0], count: latents.count)
    let fit = try LatentGaussian(fittingMeans: latents, variances: none)
    #expect(abs(fit.mean[0] - 5) < 0.06)
    #expect(abs(fit.mean[1]) < 0.06)
    // L = [1 0; 1 1/2]
    #expect(fit.factor[1] == 0)
    #expect(abs(fit.factor[0] - 1) < 0.05)
    #expect(abs(fit.factor[2] - 1) < 0.05)
    #expect(abs(fit.factor[3] - 0.5) < 0.03)
  }

  @Test func variancesWidenTheFit() throws {
    let latents = [[Float]](repeating: [1, 2], count: 10)
    let variances = [[Float]](repeating: [4, 9], count: 10)
    let fit = try LatentGaussian(fittingMeans: latents, variances: variances)
    #expect(fit.mean == [1, 2])
    #expect(abs(fit.factor[0] - 2) < 1e-4)
    #expect(abs(fit.factor[3] - 3) < 1e-4)
  }

  @Test func fewerPicturesThanLatentsStillFit() throws {
    let latents: [[Float]] = [[1, 0, 0, 2], [0, 1, 0, 2], [0, 0, 1, 2]]
    let none = [[Float]](repeating: [0, 0, 0, 0], count: 3)
    let fit = try LatentGaussian(fittingMeans: latents, variances: none)
    #expect(fit.factor.allSatisfy { $0.isFinite })
    #expect(fit.sample(seed: 1, index: 0).allSatisfy { $0.isFinite })
  }

  @Test func latentsThatAreNotNumbersAreRefused() {
    #expect(throws: BreakbeatError.self) {
      try LatentGaussian(fittingMeans: [[.nan]], variances: [[0]])
    }
  }

  @Test func drawsDependOnSeedAndIndexOnly() {
    let gaussian = LatentGaussian.standard(count: 64)
    let draw = gaussian.sample(seed: 7, index: 3)
    #expect(draw == gaussian.sample(seed: 7, index: 3))
    #expect(draw != gaussian.sample(seed: 7, index: 4))
    #expect(draw != gaussian.sample(seed: 8, index: 3))
  }

  @Test func temperatureScalesAndTruncationBounds() {
    let gaussian = LatentGaussian.standard(count: 500)
    let draw = gaussian.sample(seed: 1, index: 0)
    let cool = gaussian.sample(seed: 1, index: 0, temperature: 0.5)
    #expect(zip(draw, cool).allSatisfy { abs($0 / 2 - $1) < 1e-6 })
    #expect(draw.contains { abs($0) > 1 })
    let truncated = gaussian.sample(seed: 1, index: 0, truncation: 1)
    #expect(truncated.allSatisfy { abs($0) <= 1 })
  }
}
