import Tensors
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite("Safetensors files")
struct SafetensorsTests {
  private func bytes(_ header: String, data: Int, headerLength: UInt64? = nil) -> [UInt8] {
    let length = headerLength ?? UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  @Test func readsWhatItWrote() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      let weight = OperationCheck.numbers(6)
      let items = [
        SafetensorsFile.Item("b.weight", shape: [2, 3]) { weight },
        SafetensorsFile.Item("a \"quoted\"\n", shape: []) { [.infinity] },
      ]
      try SafetensorsFile.write(items, metadata: ["steps": "7", "name": "bréak"], to: path)
      let file = try SafetensorsFile(contentsOf: path)
      #expect(file.names == ["a \"quoted\"\n", "b.weight"])
      #expect(file.metadata == ["steps": "7", "name": "bréak"])
      #expect(file.dimensions(of: "b.weight") == [2, 3])
      #expect(file.dimensions(of: "c") == nil)
      #expect(try file.values(of: "b.weight") == weight)
      #expect(try file.values(of: "a \"quoted\"\n") == [.infinity])

      let first = FileManager.default.contents(atPath: path)
      try SafetensorsFile.write(
        items.reversed(), metadata: ["name": "bréak", "steps": "7"], to: path)
      #expect(FileManager.default.contents(atPath: path) == first)
      #expect(first.map { $0.count % 4 } == 0)
    }
  }

  @Test func widensHalfPrecision() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/half.safetensors"
      let header = """
        {"h":{"dtype":"F16","shape":[6],"data_offsets":[0,12]},\
        "b":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]},\
        "n":{"dtype":"I64","shape":[],"data_offsets":[16,24]}}
        """
      let words: [UInt16] = [0x3C00, 0xC500, 0x0001, 0x7C00, 0x8000, 0x3555, 0x3F80, 0xC040]
      let data = words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
      try AtomicFile.write(
        bytes(header, data: 0) + data + [UInt8](repeating: 0, count: 8), to: path)
      let file = try SafetensorsFile(contentsOf: path)
      #expect(try file.values(of: "h") == [1, -5, 0x1p-24, .infinity, 0, 0.333_251_95])
      #expect(try file.values(of: "b") == [1, -3])
      let error = #expect(throws: TensorError.self) { try file.values(of: "n") }
      #expect(error?.message.contains("I64") == true)
      #expect(throws: TensorError.self) { try file.values(of: "missing") }
    }
  }

  private static func entry(_ offsets: String, shape: String = "[2]") -> String {
    "{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  /// Headers that must be refused, the bytes that follow, and a word of the message.
  static let damagedHeaders: [(String, Int, String)] = [
    ("", 0, "too few"),
    ("[]", 0, "no JSON object"),
    ("{", 8, "damaged"),
    ("{} x", 0, "after the end"),
    ("{\"a\":\(entry("[0,8]"))", 8, "missing"),
    ("{\"a\":\(entry("[0,8]"))}", 7, "cut off"),
    ("{\"a\":\(entry("[0,8]"))}", 9, "after the last"),
    ("{\"a\":\(entry("[0,8]")),\"a\":\(entry("[8,16]"))}", 16, "twice"),
    ("{\"a\":\(entry("[0,8]")),\"b\":\(entry("[4,12]"))}", 12, "overlaps"),
    ("{\"a\":\(entry("[0,8]")),\"b\":\(entry("[9,17]"))}", 17, "gap"),
    ("{\"a\":\(entry("[4,12]"))}", 12, "gap"),
    ("{\"a\":\(entry("[8,0]"))}", 8, "data_offsets"),
    ("{\"a\":\(entry("[0,8,8]"))}", 8, "data_offsets"),
    ("{\"a\":\(entry("[-8,0]"))}", 8, "whole numbers"),
    ("{\"a\":\(entry("[0,8.5]"))}", 8, "whole numbers"),
    ("{\"a\":\(entry("[0,99999999999999999999]"))}", 8, "whole numbers"),
    ("{\"a\":\(entry("[0,9223372036854775807]"))}", 8, "bytes, not"),
    ("{\"a\":\(entry("[0,8]", shape: "[3]"))}", 8, "bytes, not"),
    ("{\"a\":\(entry("[0,8]", shape: "[4294967296,4294967296]"))}", 8, "impossible"),
    ("{\"a\":\(entry("[0,8]", shape: "2"))}", 8, "not described"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "not described"),
    ("{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "F31"),
    ("{\"a\":[[[[[[[[[[]]]]]]]]]]}", 0, "deeper"),
    ("{\"__metadata__\":{\"a\":1}}", 0, "strings"),
    ("{\"__metadata__\":[]}", 0, "__metadata__"),
    ("{\"a\u{1}\":1}", 0, "control"),
    ("{\"\\ud800\":1}", 0, "surrogate"),
  ]

  @Test(arguments: damagedHeaders)
  func refusesDamagedHeaders(header: String, data: Int, word: String) throws {
    try refuse(bytes(header, data: data), word)
  }

  @Test func refusesForeignFiles() throws {
    try refuse([], "too few")
    try refuse(Array("RIFF....WAVEfmt ".utf8), "no safetensors")
    try refuse(bytes("{}", data: 0, headerLength: .max), "no safetensors")
    try refuse(bytes("{}      ", data: 0, headerLength: 9), "cut off")
    try refuse(bytes("{\"", data: 2), "damaged")
    try refuse([4, 0, 0, 0, 0, 0, 0, 0] + [0x7B, 0x22, 0xFF, 0x22], "UTF-8")
  }

  private func refuse(_ bytes: [UInt8], _ word: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file.safetensors"
      try AtomicFile.write(bytes, to: path)
      let error = #expect(throws: TensorError.self) { try SafetensorsFile(contentsOf: path) }
      #expect(error?.code == .invalidFile)
      #expect(error?.message.contains(path) == true)
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }
  }

  @Test func refusesWhatIsNoFile() throws {
    try withTemporaryFolder { folder in
      for path in [folder, folder + "/missing", "/dev/null"] {
        let error = #expect(throws: TensorError.self) { try SafetensorsFile(contentsOf: path) }
        #expect(error?.message.contains(path) == true)
      }
    }
  }

  @Test func readsTheGoldenFormat() throws {
    // Keys in any order, spaces after the header, an empty tensor between others.
    try withTemporaryFolder { folder in
      let path = folder + "/file.safetensors"
      let header =
        "{ \"b\" : \(Self.entry("[8,16]")), \"e\":\(Self.entry("[8,8]", shape: "[0,3]")),"
        + "\"a\":\(Self.entry("[0,8]")), \"__metadata__\":{\"k\":\"{\\\"x\\\": [1]}\"}}   "
      try AtomicFile.write(bytes(header, data: 16), to: path)
      let file = try SafetensorsFile(contentsOf: path)
      #expect(file.names == ["a", "e", "b"])
      #expect(file.metadata["k"] == "{\"x\": [1]}")
      #expect(try file.values(of: "e") == [])
    }
  }
}
