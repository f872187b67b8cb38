/// The head of a safetensors file: what is stored and where. Every rule of the format is checked
/// here, so that a header that parses can be trusted.
struct SafetensorsHeader {
  /// One stored tensor.
  struct Entry {
    var dataType: String
    var dimensions: [Int]
    /// Bytes, relative to the end of the header.
    var bytes: Range<Int>
  }

  private(set) var entries: [String: Entry] = [:]
  private(set) var metadata: [String: String] = [:]

  /// The format's own limit.
  static let maximumByteCount = 100_000_000

  /// Bytes per element of the format's types.
  static let elementSizes = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2,
    "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
  ]

  /// What is wrong with a header, without the file's name.
  struct Failure: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// Parses and checks a header.
  ///
  /// - Parameters:
  ///   - json: The header's text.
  ///   - dataByteCount: Bytes in the file after the header.
  init(json: [UInt8], dataByteCount: Int) throws {
    guard json.first == UInt8(ascii: "{") else { throw Failure("its header is no JSON object") }
    let document: StrictJSON
    do {
      document = try StrictJSON(json, maximumDepth: 4)
    } catch let failure as StrictJSON.Failure {
      throw Failure("its header is damaged: \(failure)")
    }
    guard case .object(let members) = document else {
      throw Failure("its header is no JSON object")
    }
    for (name, value) in members {
      if name == "__metadata__" {
        metadata = try Self.strings(value)
      } else {
        entries[name] = try Self.entry(name, value)
      }
    }
    try checkLayout(dataByteCount: dataByteCount)
  }

  private static func strings(_ value: StrictJSON) throws -> [String: String] {
    guard case .object(let members) = value else { throw Failure("__metadata__ is no object") }
    return try members.mapValues { member in
      guard case .string(let text) = member else {
        throw Failure("__metadata__ holds something other than strings")
      }
      return text
    }
  }

  private static func entry(_ name: String, _ value: StrictJSON) throws -> Entry {
    guard case .object(let members) = value,
      Set(members.keys) == ["dtype", "shape", "data_offsets"],
      case .string(let dataType) = members["dtype"],
      case .array(let shape) = members["shape"],
      case .array(let offsets) = members["data_offsets"]
    else { throw Failure("tensor \(name) is not described by dtype, shape and data_offsets") }
    guard let elementSize = elementSizes[dataType] else {
      throw Failure("tensor \(name) has unknown dtype \(dataType)")
    }
    let dimensions = try shape.map { try naturalNumber($0, of: name) }
    let bounds = try offsets.map { try naturalNumber($0, of: name) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else {
      throw Failure("tensor \(name) has data_offsets \(bounds)")
    }
    var byteCount = elementSize
    for size in dimensions {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
      guard !overflow else { throw Failure("tensor \(name) has impossible shape \(dimensions)") }
      byteCount = product
    }
    guard byteCount == bounds[1] - bounds[0] else {
      throw Failure(
        "tensor \(name) of \(dataType) \(dimensions) has \(bounds[1] - bounds[0]) bytes, not "
          + "\(byteCount)")
    }
    return Entry(dataType: dataType, dimensions: dimensions, bytes: bounds[0]..<bounds[1])
  }

  private static func naturalNumber(_ value: StrictJSON, of name: String) throws -> Int {
    guard case .integer(let number) = value, number >= 0 else {
      throw Failure("tensor \(name) has sizes or offsets that are no whole numbers")
    }
    return number
  }

  /// Tensors follow each other without gaps or overlaps and fill the file.
  private func checkLayout(dataByteCount: Int) throws {
    let sorted = entries.sorted {
      ($0.value.bytes.lowerBound, $0.value.bytes.upperBound)
        < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound)
    }
    var end = 0
    for (name, entry) in sorted {
      guard entry.bytes.lowerBound == end else {
        let what = entry.bytes.lowerBound < end ? "overlaps another tensor" : "follows a gap"
        throw Failure("tensor \(name) \(what) at byte \(entry.bytes.lowerBound)")
      }
      end = entry.bytes.upperBound
    }
    guard end <= dataByteCount else {
      throw Failure("it is cut off: \(dataByteCount) of \(end) bytes of tensors are there")
    }
    guard end == dataByteCount else {
      throw Failure("it has \(dataByteCount - end) bytes after the last tensor")
    }
  }
}
