extension SafetensorsFile {
  /// A tensor to be written; its values are asked for when their turn comes.
  public struct Item {
    /// The name it is stored under.
    public let name: String
    /// Sizes along each axis.
    public let shape: Shape
    /// Row-major values.
    public let values: () throws -> [Float]

    /// A tensor whose values are made when they are written.
    public init(_ name: String, shape: Shape, values: @escaping () throws -> [Float]) {
      self.name = name
      self.shape = shape
      self.values = values
    }

    /// A variable's value under its name.
    public init(_ variable: Variable) {
      self.init(variable.name, shape: variable.shape, values: variable.values)
    }
  }

  /// Writes tensors as `F32`, whole or not at all: the file at `path` is replaced at the end.
  ///
  /// Tensors are stored by name; the same tensors and metadata give the same bytes.
  ///
  /// - Throws: ``TensorError`` with code `cannotWrite`, or what an item's values throw.
  public static func write(
    _ items: [Item], metadata: [String: String] = [:], to path: String
  ) throws {
    let items = items.sorted { $0.name < $1.name }
    for (item, next) in zip(items, items.dropFirst()) {
      precondition(item.name != next.name, "safetensors: two tensors named \(item.name)")
    }
    precondition(
      !items.contains { $0.name == "__metadata__" }, "safetensors: a tensor named __metadata__")
    let header = header(items, metadata)
    try AtomicFile.write(to: path) { file in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
      try file.write(header)
      for item in items {
        let values = try item.values()
        precondition(
          values.count == item.shape.count,
          "safetensors: \(values.count) values of \(item.name) \(item.shape)")
        try values.withUnsafeBytes { try file.write($0) }
      }
    }
  }

  /// The header, padded with spaces so that tensors start at a multiple of 8.
  private static func header(_ items: [Item], _ metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let strings = metadata.sorted { $0.key < $1.key }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\"__metadata__\":{\(strings.joined(separator: ","))}")
    }
    var start = 0
    for item in items {
      let end = start + item.shape.count * 4
      let sizes = item.shape.dimensions.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(item.name)):{\"dtype\":\"F32\",\"shape\":[\(sizes)],"
          + "\"data_offsets\":[\(start),\(end)]}")
      start = end
    }
    var bytes = Array("{\(members.joined(separator: ","))}".utf8)
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    return bytes
  }
}

/// Text as a JSON string.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\":
      result.unicodeScalars.append("\\")
      result.unicodeScalars.append(scalar)
    case "\u{0}"..."\u{1F}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
