public import Tensors

/// Where a model's parameters get their first values: random numbers or a file.
public protocol ParameterSource: CustomStringConvertible {
  /// The values of one parameter.
  func parameter(at path: String, shape: Shape, initial: Initialization) throws -> FoundParameter

  /// The sizes of what the source holds, by path, for the report of unused parameters; empty for
  /// sources that make anything up.
  var dimensions: [String: [Int]] { get }
}

/// What a ``ParameterSource`` has at a path.
public enum FoundParameter: Sendable, Hashable {
  /// Values of the shape asked for, row-major.
  case values([Float])
  /// A tensor of other sizes.
  case misshapen([Int])
  /// Nothing.
  case missing
}
