/// What moving through a model's latents does: how far training pictures spread along each number,
/// and the directions in which they spread most, with what each changes in a loop.
///
/// ```swift
/// for (number, direction) in description.directions.enumerated() {
///   print(number + 1, direction.descriptor)       // 1 onset density
/// }
/// ```
public struct LatentDescription: Sendable, Hashable {
  /// Something that can be measured of a loop's picture.
  public struct Descriptor: Sendable, Hashable, Codable {
    /// What it is called, for example `brightness`.
    public var name: String
    /// What it is measured in.
    public var unit: String
    /// Its standard deviation over training pictures.
    public var spread: Double

    /// A descriptor.
    public init(name: String, unit: String, spread: Double) {
      self.name = name
      self.unit = unit
      self.spread = spread
    }
  }

  /// A principal direction of the latents of training pictures.
  public struct Direction: Sendable, Hashable {
    /// Its unit vector, `latentSize x columns` numbers as pictures are decoded from.
    public var vector: [Float]
    /// The standard deviation of training pictures along it: what a step of 1 means.
    public var spread: Float
    /// Its part of the variance of all training pictures, 0...1.
    public var share: Double
    /// Index of the descriptor it moves most, measured in that descriptor's own spread.
    public var strongest: Int
    /// The change of each descriptor by a step of 1, in the descriptor's unit.
    public var changes: [Double]

    /// A direction.
    public init(
      vector: [Float], spread: Float, share: Double, strongest: Int, changes: [Double]
    ) {
      self.vector = vector
      self.spread = spread
      self.share = share
      self.strongest = strongest
      self.changes = changes
    }
  }

  /// The standard deviation of each latent number over training pictures, the encoder's own
  /// variance included.
  public var spreads: [Float]
  /// What was measured.
  public var descriptors: [Descriptor]
  /// The directions, that of the largest spread first.
  public var directions: [Direction]

  /// A description from its parts.
  public init(spreads: [Float], descriptors: [Descriptor], directions: [Direction]) {
    for direction in directions {
      precondition(
        direction.vector.count == spreads.count && direction.changes.count == descriptors.count
          && descriptors.indices.contains(direction.strongest),
        "LatentDescription: a direction of \(direction.vector.count) numbers, "
          + "\(direction.changes.count) changes, strongest \(direction.strongest), for "
          + "\(spreads.count) latents and \(descriptors.count) descriptors")
    }
    self.spreads = spreads
    self.descriptors = descriptors
    self.directions = directions
  }

  /// The descriptor that a direction moves most.
  public func descriptor(of direction: Direction) -> Descriptor { descriptors[direction.strongest] }

  /// One line about a direction, for example
  /// `brightness +0.031 of the scale per step (0.9 of its spread), 21.4 % of the variance`.
  public func summary(of direction: Direction) -> String {
    let descriptor = descriptor(of: direction)
    let change = direction.changes[direction.strongest]
    let relative = descriptor.spread > 0 ? abs(change) / descriptor.spread : 0
    let sign = change < 0 ? "-" : "+"
    return "\(descriptor.name) \(sign)\(significant(abs(change))) \(descriptor.unit) per step "
      + "(\(significant(relative)) of its spread), "
      + "\(significant(100 * direction.share)) % of the variance"
  }
}

/// A number that is not negative, with three significant digits.
private func significant(_ value: Double) -> String {
  guard value > 0, value.isFinite, value < 1e15 else { return value == 0 ? "0" : "\(value)" }
  var scale = 1.0
  var places = 0
  while value * scale < 100, places < 9 {
    scale *= 10
    places += 1
  }
  let digits = String(Int((value * scale).rounded()))
  guard places > 0 else { return digits }
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  return padded.dropLast(places) + "." + padded.suffix(places)
}
