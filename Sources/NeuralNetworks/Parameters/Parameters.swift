public import Tensors

/// The tree of a model's parameters, addressed by property path.
///
/// A model is constructed from it, so one initializer serves a fresh model and a loaded one; the
/// path is the key in safetensors files:
///
/// ```swift
/// let parameters = Parameters(from: RandomParameters(seed: 7), on: backend)
/// let layer = try Linear(parameters.encoder[0].project, from: 8, to: 4)
/// try parameters.validate()
/// print(parameters.trained.map(\.name))
/// // ["encoder.0.project.weight", "encoder.0.project.bias"]
/// ```
///
/// Nothing is thrown for a single missing or misshapen parameter: ``validate()`` reports all of
/// them together.
@dynamicMemberLookup
public struct Parameters {
  /// Where in the tree, for example `encoder.0.convolution`; empty at the root.
  public let path: String
  private let tree: Tree

  /// The root of a tree whose values come from a source and live on a backend.
  public init(from source: any ParameterSource, on backend: any Backend) {
    path = ""
    tree = Tree(source: source, backend: backend)
  }

  private init(path: String, tree: Tree) {
    self.path = path
    self.tree = tree
  }

  /// The subtree of a property.
  public subscript(dynamicMember name: String) -> Parameters { child(name) }

  /// The subtree of an element.
  public subscript(index: Int) -> Parameters { child(String(index)) }

  private func child(_ name: String) -> Parameters {
    Parameters(path: path.isEmpty ? name : "\(path).\(name)", tree: tree)
  }

  /// The parameter at this place, for a model to read.
  ///
  /// - Throws: `TensorError` when the device has no memory left.
  public func callAsFunction(_ shape: Shape, _ initial: Initialization) throws -> Tensor {
    Tensor(try variable(shape, initial))
  }

  /// The variable at this place.
  ///
  /// - Parameters:
  ///   - shape: The shape that the model needs.
  ///   - initial: How a fresh model begins.
  ///   - isTrained: `false` for state that is stored but not trained, such as running means.
  /// - Throws: `TensorError` when the device has no memory left.
  public func variable(
    _ shape: Shape, _ initial: Initialization, isTrained: Bool = true
  ) throws -> Variable {
    try tree.variable(path, shape, initial, isTrained: isTrained)
  }

  /// Where the variables live.
  public var backend: any Backend { tree.backend }

  /// Every variable made so far, in the order of construction.
  public var variables: [Variable] { tree.variables }

  /// The variables that an optimizer changes.
  public var trained: [Variable] { tree.trained }

  /// Number of trained numbers.
  public var count: Int { trained.reduce(0) { $0 + $1.shape.count } }

  /// Checks that the source held exactly what the model asked for.
  ///
  /// - Throws: `TensorError` (`parameterMismatch`) naming every parameter that is missing,
  ///   misshapen or unused, with shapes.
  public func validate() throws { try tree.validate() }
}

extension Parameters {
  /// What all places of one tree share.
  private final class Tree {
    let source: any ParameterSource
    let backend: any Backend
    private(set) var variables: [Variable] = []
    private(set) var trained: [Variable] = []
    private var problems: [String] = []

    init(source: any ParameterSource, backend: any Backend) {
      self.source = source
      self.backend = backend
    }

    func variable(
      _ path: String, _ shape: Shape, _ initial: Initialization, isTrained: Bool
    ) throws -> Variable {
      precondition(
        !variables.contains { $0.name == path }, "parameter \(path): asked for twice")
      var values: [Float]?
      switch try source.parameter(at: path, shape: shape, initial: initial) {
      case .values(let found): values = found
      case .misshapen(let other): problems.append("\(path): \(other) in the file, not \(shape)")
      case .missing: problems.append("\(path): missing, \(shape) expected")
      }
      let variable = try Variable(
        values ?? [Float](repeating: 0, count: shape.count), shape: shape, name: path, on: backend)
      variables.append(variable)
      if isTrained { trained.append(variable) }
      return variable
    }

    func validate() throws {
      let used = Set(variables.map(\.name))
      let unused = source.dimensions.filter { !used.contains($0.key) }.sorted { $0.key < $1.key }
      let all = problems + unused.map { "\($0.key): \($0.value) not used by the model" }
      guard !all.isEmpty else { return }
      let shown = all.prefix(20).joined(separator: "\n  ")
      let rest = all.count > 20 ? "\n  and \(all.count - 20) more" : ""
      throw TensorError(
        .parameterMismatch,
        "\(source.description) does not fit the model:\n  \(shown)\(rest)\n"
          + "use a file of the same preset, or the configuration stored in the file")
    }
  }
}
