import BreakbeatTraining
import Tensors
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Gradients of every operation against differences of its results.
@Suite("Finite differences")
struct FiniteDifferenceTests {
  @Test("gradients", arguments: OperationCase.all.filter(\.isDifferentiated))
  func agree(_ operation: OperationCase) throws {
    for comparison in try operation.finiteDifferences(on: TestDevice.cpu.backend) {
      #expect(
        comparison.passes,
        "\(comparison.name): off by \(comparison.maxAbsoluteError) of \(comparison.tolerance)")
    }
  }

  @Test("a wrong gradient is found")
  func findsMistakes() throws {
    let square = try #require(OperationCase.all.first { $0.description.hasPrefix("square") })
    var wrong = square.expressions
    wrong.gradients = wrong.gradients.map { $0 * 1.01 }
    let comparisons = try FiniteDifferences.comparisons(of: wrong, on: TestDevice.cpu.backend)
    #expect(comparisons.contains { !$0.passes })
  }

  /// Types that no row of the table can reach, with the test that covers them.
  private static let coveredElsewhere: Set<String> = [
    "RandomNumbers",  // RandomNumbersTests: its input is no floating-point number.
    // FusionTests, EpilogueTests: the fusion pass makes them.
    "FusedPointwise", "ChainReduction", "FusedProduct",
  ]

  @Test("every operation has a row in the table")
  func tableIsComplete() throws {
    let declared = try OperationSources.declaredTypes()
    try #require(declared.count > 30, "the sources were not found")
    let used = OperationCase.all.map(\.expressions.operationTypes).reduce(into: Set<String>()) {
      for name in $1 { $0.formUnion(name.split { !$0.isLetter && !$0.isNumber }.map(String.init)) }
    }
    let missing = declared.subtracting(used).subtracting(Self.coveredElsewhere)
    #expect(missing.isEmpty, "add a row to OperationCase.all for \(missing.sorted())")
  }
}

/// Finds operations by reading the sources.
private enum OperationSources {
  private static let protocols = [
    "Operation", "PointwiseFunction", "BinaryFunction", "ReductionFunction",
  ]

  static func declaredTypes() throws -> Set<String> {
    let tests = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    var types: Set<String> = []
    for module in ["Tensors", "SpectralAudio"] {
      let folder = "/\(tests)/Sources/\(module)"
      let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
      for file in files where file.hasSuffix(".swift") {
        let data = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
          if let name = declaredType(String(line)) { types.insert(name) }
        }
      }
    }
    return types
  }

  /// The name in a line such as `struct Reduction<F: Function>: Operation {`.
  private static func declaredType(_ line: String) -> String? {
    // Without the parameters of a generic type and their constraints.
    let plain = line.replacing(/<[^>]*>/, with: "")
    let words = plain.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    guard
      let keyword = words.firstIndex(of: "struct"), keyword + 1 < words.count,
      let colon = plain.firstIndex(of: ":")
    else { return nil }
    let conformances = plain[colon...].split { !$0.isLetter && !$0.isNumber }.map(String.init)
    return conformances.contains(where: protocols.contains) ? words[keyword + 1] : nil
  }
}
