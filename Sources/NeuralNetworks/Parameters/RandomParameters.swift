public import Tensors

/// Fresh parameters: every number is a pure function of the seed, the path and its index, so
/// adding a layer changes no other layer's start.
public struct RandomParameters: ParameterSource, Sendable, Hashable {
  /// The seed of all parameters.
  public let seed: UInt64

  /// Parameters of a seed.
  public init(seed: UInt64) { self.seed = seed }

  /// Nothing can be unused.
  public var dimensions: [String: [Int]] { [:] }

  /// For error texts.
  public var description: String { "random parameters of seed \(seed)" }

  /// Draws the values of one parameter.
  public func parameter(
    at path: String, shape: Shape, initial: Initialization
  ) -> FoundParameter {
    var random = PhiloxStream(seed: seed, stream: streamNumber(of: path))
    return .values(initial.values(count: shape.count, from: &random))
  }

  /// The FNV-1a hash of a path: which of the seed's streams a parameter reads.
  private func streamNumber(of path: String) -> UInt64 {
    path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}
