import BreakbeatExplorer
import Breakbeats
import Testing

/// What the explorer's map shows.
@Suite struct LatentSpaceTests {
  /// A covariance of known axes: 9 along (1, 1)/√2, 1 along (1, -1)/√2, 4 along the third number.
  private let gaussian: LatentGaussian = {
    // Covariance [[5, 4, 0], [4, 5, 0], [0, 0, 4]] and its Cholesky factor.
    let a = Float(5).squareRoot()
    return LatentGaussian(
      mean: [1, 2, 3],
      factor: [a, 0, 0, 4 / a, (5 - 16 / 5 as Float).squareRoot(), 0, 0, 0, 2])
  }()

  @Test func directionsAreThePrincipalAxes() {
    let directions = LatentSpace(gaussian).directions
    #expect(directions.count == 3)
    let root = Float(0.5).squareRoot()
    let expected: [([Float], Float)] = [
      ([root, root, 0], 3), ([0, 0, 1], 2), ([root, -root, 0], 1),
    ]
    for (direction, (vector, spread)) in zip(directions, expected) {
      #expect(abs(direction.spread - spread) < 1e-4, "\(direction)")
      let share = zip(direction.vector, vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      #expect(abs(abs(share) - 1) < 1e-4, "\(direction)")
    }
  }

  @Test func aPointWithoutSpreadHasNoDirections() {
    let still = LatentGaussian(mean: [1, 2], factor: [0, 0, 0, 0])
    #expect(LatentSpace(still).directions.isEmpty)
  }

  @Test func axesOfLargeSpacesAreOrthogonal() {
    let count = 64
    var factor = [Float](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0...row {
        factor[row * count + column] = Float((row * 7 + column * 5) % 13) / 9
      }
    }
    let directions = LatentSpace(
      LatentGaussian(mean: [Float](repeating: 0, count: count), factor: factor)
    ).directions
    #expect(directions.count == 8)
    for (index, one) in directions.enumerated() {
      for (other, two) in directions.enumerated() {
        let product = zip(one.vector, two.vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (index == other ? 1 : 0)) < 1e-3, "\(index), \(other): \(product)")
      }
    }
    #expect(zip(directions, directions.dropFirst()).allSatisfy { $0.spread >= $1.spread })
  }
}
