import BreakbeatTraining
import Foundation
import Tensors
import Testing

/// Measures of distributions on samples whose answers are known.
@Suite struct DistributionTests {
  private func normal(_ count: Int, mean: Double = 0, stream: UInt64) -> [[Double]] {
    var random = PhiloxStream(seed: 11, stream: stream)
    return (0..<count).map { _ in
      let radius = (-2 * log(1 - random.uniform())).squareRoot()
      return [mean + radius * cos(2 * .pi * random.uniform())]
    }
  }

  /// For one number, k(x, y) = (xy + 1)³, so MMD² = Δm₃² + 3Δm₂² + 3Δm₁² of the moments: for
  /// N(0, 1) and N(1, 1) these are 0 and 4, 1 and 2, 0 and 1, and MMD² = 16 + 3 + 3.
  @Test func kernelDistanceOfGaussiansIsThatOfTheirMoments() {
    let distance = KernelDistance(
      between: normal(2000, stream: 1), and: normal(2000, mean: 1, stream: 2))
    #expect(abs(distance.value - 22) < 4 * distance.standardError, "\(distance)")
    #expect((0.5..<4).contains(distance.standardError), "\(distance)")
  }

  /// All samples of three from {0, 1} against all of three from {0, 2}: the mean of the estimates is
  /// the distance of the distributions, exactly.
  @Test func kernelDistanceIsUnbiased() {
    var sum = 0.0
    for bits in 0..<64 {
      let first = (0..<3).map { [Double(bits >> $0 & 1)] }
      let second = (3..<6).map { [Double(2 * (bits >> $0 & 1))] }
      sum += KernelDistance(between: first, and: second).value
    }
    // Moments ½ ½ ½ and 1 2 4.
    #expect(abs(sum / 64 - (3.5 * 3.5 + 3 * 1.5 * 1.5 + 3 * 0.5 * 0.5)) < 1e-9)
  }

  @Test func equalDistributionsAreNotApart() {
    var values: [Double] = []
    var errors: [Double] = []
    for index in 0..<60 {
      let distance = KernelDistance(
        between: normal(40, stream: 100 + UInt64(2 * index)),
        and: normal(40, stream: 101 + UInt64(2 * index)))
      values.append(distance.value)
      errors.append(distance.standardError)
    }
    let mean = values.reduce(0, +) / 60
    let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 60).squareRoot()
    #expect(abs(mean) < 4 * spread / 7.7, "mean \(mean), spread \(spread)")
    #expect(values.contains { $0 < 0 }, "an estimate that is never negative is biased")
    // The error bar is of the size of what it stands for.
    let typical = errors.sorted()[30]
    #expect((spread / 5...spread * 5).contains(typical), "\(typical) for \(spread)")
  }

  /// Real points 0, 1, 2, 10 with k = 1 have the radii 1, 1, 1, 8.
  @Test func densityAndCoverageByHand() {
    let real = [[0.0], [1], [2], [10]]
    let near = DensityCoverage(real: real, generated: [[0.5], [1.5]], neighbours: 1)
    // 0.5 is within 0 and 1; 1.5 within 1 and 2: four hits, three points reached. 10 is 8.5 away.
    #expect(near.density == 4.0 / 2)
    #expect(near.coverage == 3.0 / 4)
    let far = DensityCoverage(real: real, generated: [[100], [-50]], neighbours: 1)
    #expect(far.density == 0 && far.coverage == 0)
    let edge = DensityCoverage(real: real, generated: [[18], [3]], neighbours: 1)
    // 18 is exactly 8 from 10; 3 is 1 from 2 and 7 from 10.
    #expect(edge.density == 3.0 / 2)
    #expect(edge.coverage == 2.0 / 4)
  }

  /// The mean over the ten choices of two among five points, taken one by one.
  @Test func coverageByFewerPointsIsTheMeanOverAllChoices() {
    let real = [[0.0], [1], [2], [10], [11.5]]
    let generated = [[0.5], [1.5], [9], [30], [2.5]]
    var sum = 0.0
    for first in generated.indices {
      for second in 0..<first {
        let two = [generated[first], generated[second]]
        sum += DensityCoverage(real: real, generated: two, neighbours: 1).coverage
      }
    }
    let all = DensityCoverage(real: real, generated: generated, neighbours: 1)
    let byTwo = DensityCoverage(
      real: real, generated: generated, neighbours: 1, coveringBy: 2)
    #expect(abs(byTwo.coverage - sum / 10) < 1e-12, "\(byTwo.coverage), not \(sum / 10)")
    #expect(byTwo.coverage < all.coverage && byTwo.density == all.density)
  }

  /// Of the N - 1 + m other points of one distribution, the k nearest to a real one are all real with
  /// the probability C(N - 1, k) / C(N - 1 + m, k): so many are missed by m points, of however many.
  @Test func coverageOfUnequalSamplesOfOneDistributionAgrees() {
    let (count, few, rounds) = (160, 40, 24)
    var missed = 1.0
    for index in 0..<5 {
      missed *= Double(count - 1 - index) / Double(count - 1 + few - index)
    }
    var (all, byFew, ofFew) = ([Double](), [Double](), [Double]())
    for round in 0..<rounds {
      let stream = 1000 + UInt64(3 * round)
      let real = normal(count, stream: stream)
      let large = normal(count, stream: stream + 1)
      let small = normal(few, stream: stream + 2)
      all.append(DensityCoverage(real: real, generated: large).coverage)
      byFew.append(DensityCoverage(real: real, generated: large, coveringBy: few).coverage)
      ofFew.append(DensityCoverage(real: real, generated: small).coverage)
    }
    let mean = { (values: [Double]) in values.reduce(0, +) / Double(values.count) }
    for values in [byFew, ofFew] {
      let own = mean(values)
      let variance = mean(values.map { ($0 - own) * ($0 - own) })
      let error = (variance / Double(rounds - 1)).squareRoot()
      #expect(abs(own - (1 - missed)) < 4 * error, "\(own) ± \(error), not \(1 - missed)")
      #expect(error < 0.03, "\(error)")
    }
    // Equally good samples, one four times as large: what there would be to see without that.
    #expect(mean(all) > mean(ofFew) + 0.2, "\(mean(all)), \(mean(ofFew))")
  }

  @Test func realPointsCoverThemselves() {
    let points = normal(50, stream: 7)
    let result = DensityCoverage(real: points, generated: points)
    #expect(result.coverage == 1)
    // Each ball of radius r_k holds its centre and k others.
    #expect(abs(result.density - 6.0 / 5) < 1e-12, "\(result.density)")
  }

  /// KL of N(μ, σ²) from N(0, 1): 0 for μ = 0, σ = 1; ½ for μ = 1, σ = 1; ½ (e - 2) for μ = 0, σ² = e.
  @Test func latentUseOfKnownGaussians() {
    let e = Float(2.718_281_8)
    let means: [[Float]] = [[0, 1, 0, 0.2], [0, 1, 0, -0.2]]
    let use = LatentUse(means: means, variances: [[1, 1, e, 1], [1, 1, e, 1]])
    let expected = [0, 0.5, 0.359_140_9, 0.02]
    for (value, wanted) in zip(use.divergences, expected) { #expect(abs(value - wanted) < 1e-6) }
    #expect(abs(use.divergence - expected.reduce(0, +)) < 1e-5)
    // Only the last mean varies, by 0.04; the second is far from 0, but says nothing.
    #expect(use.activeUnits == 1)
  }
}
