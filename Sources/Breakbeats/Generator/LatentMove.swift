/// A step along one of a model's principal directions.
public struct LatentMove: Sendable, Hashable {
  /// The direction, counted from 1.
  public var direction: Int
  /// How far, in standard deviations of training pictures.
  public var amount: Double

  /// A step.
  public init(direction: Int, amount: Double) {
    self.direction = direction
    self.amount = amount
  }
}

extension LatentDescription {
  /// Latents moved along directions: x + Σ amount · spread · vector.
  ///
  /// - Throws: ``BreakbeatError`` for a direction that there is not, or steps beyond 100 standard
  ///   deviations.
  public func moving(_ latents: [Float], by moves: [LatentMove]) throws -> [Float] {
    precondition(
      latents.count == spreads.count, "\(latents.count) latents, \(spreads.count) described")
    var moved = latents
    for move in moves {
      guard directions.indices.contains(move.direction - 1) else {
        let known = directions.isEmpty ? "none" : "1 to \(directions.count)"
        throw BreakbeatError(
          .invalidRequest, "direction \(move.direction); the model describes \(known)")
      }
      guard (-100...100).contains(move.amount) else {
        throw BreakbeatError(
          .invalidRequest,
          "a step of \(move.amount) along direction \(move.direction); choose -100 to 100")
      }
      let direction = directions[move.direction - 1]
      let step = Float(move.amount) * direction.spread
      for index in moved.indices { moved[index] += step * direction.vector[index] }
    }
    return moved
  }
}
