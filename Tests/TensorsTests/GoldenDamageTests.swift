import BreakbeatTraining
import Tensors
import Testing

/// Golden files that are damaged, foreign or unknown: one verdict each, never a pass.
@Suite("Damaged golden files")
struct GoldenDamageTests {
  private static let linear =
    #"{"op": "linear", "bias": false, "fp32_err": {"output": 1e-07}}"#
  private static let tensors: [String: ([Int], [Float])] = [
    "a/input": ([2, 3], [1, 2, 3, 4, 5, 6]), "a/weight": ([1, 3], [1, 1, 1]),
    "a/output": ([2, 1], [6, 15]),
  ]

  private func result(
    _ metadata: [String: String], _ tensors: [String: ([Int], [Float])] = Self.tensors
  ) throws -> [ConformanceResult] {
    var results: [ConformanceResult] = []
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(
        tensors.map { name, content in
          .init(name, shape: Shape(content.0)) { content.1 }
        }, metadata: metadata, to: folder + "/file.safetensors")
      try GoldenRunner(folder: folder).run(on: CPUBackend()) { results.append($0) }
    }
    return results
  }

  @Test func aRightCasePasses() throws {
    let results = try result(["a": Self.linear])
    #expect(results.map(\.status) == [.pass])
    #expect(results[0].line.hasPrefix("PASS file/a 0 0 "))
    #expect(try results[0].json().hasPrefix(#"{"case":"a","file":"file","maxAbsoluteError":0,"#))
  }

  @Test func aWrongResultFails() throws {
    var tensors = Self.tensors
    tensors["a/output"] = ([2, 1], [6, 15.001])
    let results = try result(["a": Self.linear], tensors)
    #expect(results.map(\.status) == [.fail])
    #expect(results[0].reason == "wrong: output")
    tensors["a/output"] = ([2, 1], [6, .nan])
    #expect(try result(["a": Self.linear], tensors).map(\.status) == [.fail])
  }

  @Test(
    "damage",
    arguments: [
      ("a/weight", [1, 4], "do not fit"), ("a/output", [2, 2], "output has shape"),
      ("a/input", [6], "input has shape"),
    ])
  func misfitsFail(_ name: String, _ shape: [Int], _ reason: String) throws {
    var tensors = Self.tensors
    tensors[name] = (shape, [Float](repeating: 1, count: shape.reduce(1, *)))
    let results = try result(["a": Self.linear], tensors)
    #expect(results.map(\.status) == [.fail])
    #expect(results[0].reason?.contains(reason) == true, "\(results[0].line)")
  }

  @Test func missingTensorsFail() throws {
    var tensors = Self.tensors
    tensors["a/weight"] = nil
    #expect(try result(["a": Self.linear], tensors)[0].reason == "tensor weight is missing")
  }

  @Test func unknownKindsAreSkipped() throws {
    let results = try result(["a": #"{"op": "fold"}"#])
    #expect(results.map(\.status) == [.skip])
    #expect(results[0].line == "SKIP file/a  (no case of kind \"fold\" is known)")
  }

  @Test func metadataThatIsNoJSONFails() throws {
    #expect(try result(["a": "{\"op\": "]).map(\.status) == [.fail])
  }

  @Test func aFileWithoutCasesIsSkipped() throws {
    #expect(try result(["format": "pt"]).map(\.status) == [.skip])
  }

  @Test func aFileThatIsCutOffFails() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([99, 0, 0, 0, 0, 0, 0, 0, 123], to: folder + "/cut.safetensors")
      var results: [ConformanceResult] = []
      let summary = try GoldenRunner(folder: folder).run(on: CPUBackend()) { results.append($0) }
      #expect(summary.failed == 1 && summary.passed == 0)
      #expect(results[0].reason?.contains("cut.safetensors") == true)
    }
  }

  @Test func aFolderWithoutFilesIsAnError() throws {
    try withTemporaryFolder { folder in
      #expect(throws: TensorError.self) { try GoldenRunner(folder: folder) }
      #expect(throws: TensorError.self) { try GoldenRunner(folder: folder + "/nowhere") }
    }
  }
}
