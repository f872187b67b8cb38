package import Tensors

/// Parameters of a `PlanningBackend`, where no values are needed and none are drawn.
package struct UnsetParameters: ParameterSource {
  /// A source without values.
  package init() {}

  package var dimensions: [String: [Int]] { [:] }
  package var description: String { "parameters without values" }

  package func parameter(
    at path: String, shape: Shape, initial: Initialization
  ) throws -> FoundParameter {
    .values([Float](repeating: 0, count: shape.count))
  }
}
