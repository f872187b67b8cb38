/// A tensor that keeps its value between runs: a weight, an optimizer moment, a running mean.
///
/// A variable lives on one backend; programs on that backend read it through ``Tensor/init(_:)``
/// and change it through ``Update``.
public final class Variable: Sendable {
  /// Path in files and error texts, e.g. `encoder.blocks.0.convolution.weight`.
  public let name: String
  /// Sizes along each axis.
  public let shape: Shape
  /// Where it lives.
  public let backend: any Backend
  /// Its bytes there.
  package let storage: any VariableStorage

  /// A variable with given values.
  ///
  /// - Throws: ``TensorError`` when the device has no memory left.
  public init(_ values: [Float], shape: Shape, name: String, on backend: any Backend) throws {
    precondition(values.count == shape.count, "\(name): \(values.count) values, shape \(shape)")
    self.name = name
    self.shape = shape
    self.backend = backend
    storage = try backend.makeStorage(byteCount: shape.count * 4, label: name)
    try assign(values)
  }

  /// Replaces the value; not while a program that uses it runs.
  public func assign(_ values: [Float]) throws {
    precondition(values.count == shape.count, "\(name): \(values.count) values, shape \(shape)")
    try values.withUnsafeBytes { try storage.write($0) }
  }

  /// The current value, row-major.
  public func values() throws -> [Float] {
    var values = [Float](repeating: 0, count: shape.count)
    try values.withUnsafeMutableBytes { try storage.read(into: $0) }
    return values
  }
}

/// Bytes on a backend that outlive a run.
public protocol VariableStorage: AnyObject, Sendable {
  /// Replaces all bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws
  /// Copies all bytes out.
  func read(into bytes: UnsafeMutableRawBufferPointer) throws
}
