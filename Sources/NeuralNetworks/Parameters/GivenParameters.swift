public import Tensors

/// Parameters held in memory, for tests and conversions.
public struct GivenParameters: ParameterSource, Sendable {
  /// One tensor.
  public struct Entry: Sendable, Hashable {
    /// Its shape.
    public let shape: Shape
    /// Its numbers, row-major.
    public let values: [Float]

    /// A tensor of values.
    public init(shape: Shape, values: [Float]) {
      precondition(values.count == shape.count, "\(values.count) values for shape \(shape)")
      self.shape = shape
      self.values = values
    }
  }

  /// Tensors by path.
  public let entries: [String: Entry]

  /// What to call the source in errors, for example a file's path.
  public let description: String

  /// Parameters by path.
  public init(_ entries: [String: Entry], description: String = "the given parameters") {
    self.entries = entries
    self.description = description
  }

  /// The sizes by path.
  public var dimensions: [String: [Int]] { entries.mapValues(\.shape.dimensions) }

  /// Looks one parameter up.
  public func parameter(
    at path: String, shape: Shape, initial: Initialization
  ) -> FoundParameter {
    guard let entry = entries[path] else { return .missing }
    return entry.shape == shape ? .values(entry.values) : .misshapen(entry.shape.dimensions)
  }
}
