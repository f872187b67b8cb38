public import Tensors

/// The state of a run between two steps: weights and optimizer moments by name.
public struct TrainingState: Sendable {
  /// Steps done.
  public var step: Int
  /// Values by variable name.
  public var tensors: [NamedTensor]
  /// Losses of the last steps, which those that follow are held against; 100 at most.
  public var losses: [Double]
  /// The run that it is of; `nil` for states of earlier versions.
  public var origin: Origin?

  /// What tells the states of runs apart.
  public struct Origin: Sendable, Hashable {
    /// The run's seed.
    public var seed: UInt64
    /// Digest of the data set's header.
    public var data: String

    /// A seed and a data set's digest.
    public init(seed: UInt64, data: String) {
      self.seed = seed
      self.data = data
    }
  }

  /// A state.
  public init(
    step: Int, tensors: [NamedTensor], losses: [Double] = [], origin: Origin? = nil
  ) {
    self.step = step
    self.tensors = tensors
    self.losses = losses
    self.origin = origin
  }
}

/// Numbers with a name and a shape.
public struct NamedTensor: Sendable, Hashable {
  /// The variable's name.
  public var name: String
  /// Its shape.
  public var shape: Shape
  /// Its values, row-major.
  public var values: [Float]

  /// The present values of a variable.
  public init(_ variable: Variable) throws {
    name = variable.name
    shape = variable.shape
    values = try variable.values()
  }

  /// Numbers with a name and a shape.
  public init(name: String, shape: Shape, values: [Float]) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}
