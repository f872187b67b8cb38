public import Breakbeats

/// What a map of latents shows: directions, and where training items lie.
public struct LatentSpace: Sendable {
  /// A direction to move along.
  public struct Direction: Sendable, Hashable {
    /// What it is called on the page.
    public var name: String
    /// The direction, of length 1.
    public var vector: [Float]
    /// The standard deviation of latents along it.
    public var spread: Float

    /// A direction from its parts.
    public init(name: String, vector: [Float], spread: Float) {
      self.name = name
      self.vector = vector
      self.spread = spread
    }
  }

  /// A training item on the map.
  public struct Item: Sendable, Hashable {
    /// Its latents.
    public var latents: [Float]
    /// What it is called on the page.
    public var name: String
    /// Its number in the data set.
    public var number: Int?

    /// An item from its parts.
    public init(latents: [Float], name: String, number: Int? = nil) {
      self.latents = latents
      self.name = name
      self.number = number
    }
  }

  /// What latents are drawn from.
  public let gaussian: LatentGaussian
  /// Directions, the widest first; the first two span the map.
  public let directions: [Direction]
  /// Training items.
  public let items: [Item]

  /// A space with given directions; by default the principal axes of the Gaussian.
  public init(_ gaussian: LatentGaussian, directions: [Direction]? = nil, items: [Item] = []) {
    self.gaussian = gaussian
    self.directions = directions ?? PrincipalAxes.directions(of: gaussian, count: 8)
    self.items = items
  }

  /// Where latents lie along each direction, in standard deviations from the mean.
  func position(of latents: [Float]) -> [Float] {
    directions.map { direction in
      var sum: Float = 0
      for (index, weight) in direction.vector.enumerated() {
        sum += weight * (latents[index] - gaussian.mean[index])
      }
      return sum / max(direction.spread, .leastNormalMagnitude)
    }
  }

  /// The latents of a request.
  package func latents(of request: LoopRequest) throws(ExplorerError) -> [Float] {
    let from = try latents(of: request.from)
    guard let point = request.to, request.morph > 0 else { return from }
    let to = try latents(of: point)
    let share = Float(request.morph)
    return zip(from, to).map { $0 + share * ($1 - $0) }
  }

  private func latents(of point: LoopRequest.Point) throws(ExplorerError) -> [Float] {
    var latents: [Float]
    switch point.base {
    case .seed(let seed): latents = gaussian.sample(seed: seed, index: 0)
    case .item(let index):
      guard items.indices.contains(index) else {
        throw ExplorerError(.badRequest, "The map has \(items.count) items, numbered from 0")
      }
      latents = items[index].latents
    }
    for (number, step) in point.offsets.sorted(by: { $0.key < $1.key }) {
      guard number <= directions.count else {
        throw ExplorerError(.badRequest, "The model has \(directions.count) directions")
      }
      let direction = directions[number - 1]
      for index in latents.indices {
        latents[index] += Float(step) * direction.spread * direction.vector[index]
      }
    }
    return latents
  }
}
