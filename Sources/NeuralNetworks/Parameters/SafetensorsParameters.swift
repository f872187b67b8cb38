public import Tensors

/// Parameters of a safetensors file, read one at a time when the model asks for them.
public struct SafetensorsParameters: ParameterSource {
  /// The open file.
  public let file: SafetensorsFile
  /// Begins the names of tensors that belong to something else than the model.
  public let ignoredPrefix: String?

  /// The parameters of an open file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - prefix: Names that begin so are not parameters.
  public init(_ file: SafetensorsFile, ignoring prefix: String? = nil) {
    self.file = file
    ignoredPrefix = prefix
  }

  /// The file's path.
  public var description: String { file.path }

  /// The sizes by path.
  public var dimensions: [String: [Int]] {
    var result: [String: [Int]] = [:]
    for name in file.names where ignoredPrefix.map({ !name.hasPrefix($0) }) ?? true {
      result[name] = file.dimensions(of: name)
    }
    return result
  }

  /// Reads one parameter.
  public func parameter(
    at path: String, shape: Shape, initial: Initialization
  ) throws -> FoundParameter {
    guard let dimensions = file.dimensions(of: path) else { return .missing }
    guard dimensions == shape.dimensions else { return .misshapen(dimensions) }
    let values = try file.values(of: path)
    guard values.allSatisfy(\.isFinite) else {
      throw TensorError(
        .invalidFile,
        "\(file.path): parameter \(path) holds numbers that are not finite; the training diverged "
          + "or the file is damaged: use an earlier checkpoint")
    }
    return .values(values)
  }
}
