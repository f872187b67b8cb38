/// A value that a ``Program`` can compute: a node of an immutable expression graph.
///
/// Building a tensor computes nothing. Operations are free functions (`silu(x)`), operators
/// (`a + b`) and methods for shape changes and reductions (`x.reshaped(to:)`, `x.sum(over:)`).
///
/// ```swift
/// let x = Tensor.input([4, 8])
/// let y = silu(matrixProduct(x, Tensor(weight))).sum()
/// let slope = y.gradients(withRespectTo: [Tensor(weight)])[0]
/// ```
public struct Tensor: Sendable {
  /// What a node stands for.
  package enum Content: Sendable {
    /// Bytes the caller provides before each run.
    case input(name: String)
    /// Numbers known when the expression is built.
    case constant(Constant)
    /// State that outlives a run.
    case variable(Variable)
    /// The result of an operation on ``Node/inputs``.
    case operation(any Operation)
  }

  /// Numbers with an identity, so that programs can share one copy.
  package final class Constant: Sendable {
    package let values: [Float]
    init(_ values: [Float]) { self.values = values }
  }

  /// A node of the graph.
  package final class Node: Sendable {
    package let content: Content
    package let inputs: [Tensor]
    package let shape: Shape
    package let elementType: ElementType

    init(_ content: Content, inputs: [Tensor], shape: Shape, elementType: ElementType) {
      self.content = content
      self.inputs = inputs
      self.shape = shape
      self.elementType = elementType
    }
  }

  package let node: Node

  /// Sizes along each axis.
  public var shape: Shape { node.shape }

  /// How elements are stored.
  public var elementType: ElementType { node.elementType }

  /// The result of an operation; its shape rule is checked here, so mistakes trap where the
  /// expression is written.
  public init(_ operation: some Operation, of inputs: [Tensor]) {
    let shape = operation.shape(for: inputs.map(\.shape))
    node = Node(
      .operation(operation), inputs: inputs, shape: shape, elementType: operation.elementType)
  }

  private init(_ content: Content, shape: Shape, elementType: ElementType = .float32) {
    node = Node(content, inputs: [], shape: shape, elementType: elementType)
  }

  /// The value of a variable when the program reads it: before any update of the same run.
  public init(_ variable: Variable) {
    self.init(.variable(variable), shape: variable.shape)
  }

  /// A placeholder that ``Program/set(_:to:)`` fills before each run.
  public static func input(
    _ shape: Shape, elementType: ElementType = .float32, name: String = "input"
  ) -> Tensor {
    precondition(elementType != .float16, "\(name): inputs are float32 or uint32, not float16")
    return Tensor(.input(name: name), shape: shape, elementType: elementType)
  }

  /// Known numbers, row-major.
  public static func constant(_ values: [Float], shape: Shape) -> Tensor {
    precondition(
      values.count == shape.count, "constant: \(values.count) values for shape \(shape)")
    return Tensor(.constant(Constant(values)), shape: shape)
  }

  /// One known number of shape `[]`; it broadcasts against anything.
  public static func constant(_ value: Float) -> Tensor { constant([value], shape: []) }
}

extension Tensor: Hashable {
  /// What makes two tensors the same: the node, or the variable that the node reads.
  package var identity: ObjectIdentifier {
    if case .variable(let variable) = node.content { return ObjectIdentifier(variable) }
    return ObjectIdentifier(node)
  }

  /// Whether both are the same node (not: whether they would compute equal numbers).
  public static func == (a: Tensor, b: Tensor) -> Bool { a.identity == b.identity }

  /// Hashes the identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}
