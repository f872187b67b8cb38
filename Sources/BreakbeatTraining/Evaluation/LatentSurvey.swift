import Breakbeats
import SpectralAudio

/// Finds the principal directions of a model's latents and what each does to a loop.
///
/// A few training pictures are decoded with their latents moved by one standard deviation to both
/// sides; the differences of the descriptors, halved, are what a step changes.
struct LatentSurvey {
  /// Directions that are looked for.
  static let directionCount = 8
  /// Pictures that are moved.
  static let pictureCount = 8

  /// The standard deviation of each descriptor over training pictures.
  let spreads: [Double]
  let settings: SpectrogramSettings

  /// Measures training pictures.
  init(of pictures: [[Float]], settings: SpectrogramSettings) {
    self.settings = settings
    let values = pictures.map { LoopDescriptors($0, settings).values }
    spreads = LoopDescriptors.all.indices.map { index in
      let column = values.map { $0[index] }
      let mean = column.reduce(0, +) / Double(max(1, column.count))
      let squares = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(max(1, column.count))).squareRoot()
    }
  }

  /// Describes latents.
  ///
  /// - Parameters:
  ///   - means: The encoder's means of training pictures.
  ///   - variances: Its variances of the same.
  ///   - decode: The pictures that are moved, decoded with their latents shifted by some numbers.
  func description(
    means: [[Float]], variances: [[Float]], decode: (_ shift: [Float]) throws -> [[Float]]
  ) throws -> LatentDescription {
    let principal = PrincipalDirections(of: means, count: Self.directionCount)
    let directions = try zip(principal.vectors, principal.variances).map { vector, variance in
      let deviation = variance.squareRoot()
      let shift = { (sign: Double) in vector.map { Float(sign * deviation * $0) } }
      let (above, below) = (try measured(decode(shift(1))), try measured(decode(shift(-1))))
      var changes = zip(above, below).map { ($0 - $1) / 2 }
      let relative = zip(changes, spreads).map { $1 > 0 ? abs($0) / $1 : 0 }
      let strongest = relative.indices.max { relative[$0] < relative[$1] } ?? 0
      // Forward is where the strongest descriptor grows.
      let sign = changes[strongest] < 0 ? -1.0 : 1
      changes = changes.map { $0 * sign }
      return LatentDescription.Direction(
        vector: vector.map { Float(sign * $0) }, spread: Float(deviation),
        share: min(1, variance / principal.total), strongest: strongest, changes: changes)
    }
    return LatentDescription(
      spreads: Self.spreads(means, variances),
      descriptors: zip(LoopDescriptors.all, spreads).map {
        .init(name: $0.name, unit: $0.unit, spread: $1)
      }, directions: directions)
  }

  /// The means of the descriptors of pictures.
  private func measured(_ pictures: [[Float]]) -> [Double] {
    var sums = [Double](repeating: 0, count: LoopDescriptors.all.count)
    for picture in pictures {
      for (index, value) in LoopDescriptors(picture, settings).values.enumerated() {
        sums[index] += value / Double(pictures.count)
      }
    }
    return sums
  }

  private static func spreads(_ means: [[Float]], _ variances: [[Float]]) -> [Float] {
    let count = Double(max(1, means.count))
    return (0..<(means.first?.count ?? 0)).map { index in
      let mean = means.reduce(0) { $0 + Double($1[index]) } / count
      let spread = means.reduce(0) { $0 + (Double($1[index]) - mean) * (Double($1[index]) - mean) }
      let own = variances.reduce(0) { $0 + Double($1[index]) }
      return Float(((spread + own) / count).squareRoot())
    }
  }
}
