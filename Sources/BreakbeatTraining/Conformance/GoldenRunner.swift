#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
public import Tensors
import VulkanCompute

/// Runs the cases of golden files on a device and compares the results with those in the files.
///
/// ```swift
/// let runner = try GoldenRunner(folder: "golden")
/// let summary = runner.run(on: CPUBackend()) { print($0.line) }
/// print(summary)                              // 151 passed, 0 failed, 0 skipped
/// ```
///
/// What a case computes is read from its metadata, never from its name, so any file of the format
/// will do. A case of an unknown kind is skipped with the reason; a damaged file or case fails.
public struct GoldenRunner: Sendable {
  /// Paths of the files, in order.
  public let paths: [String]

  /// A runner for every `.safetensors` file in a folder, and every `.json` file in it or in its
  /// folder `time-frequency-kernel`.
  ///
  /// - Throws: `TensorError` when the folder cannot be read or holds no such file.
  public init(folder: String) throws {
    var names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw TensorError(
        .invalidFile, "cannot read the folder \(folder): give a folder of golden files")
    }
    let vectors = "time-frequency-kernel"
    let nested = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(vectors)")
    names += (nested ?? []).filter { $0.hasSuffix(".json") }.map { "\(vectors)/\($0)" }
    paths = names.filter { $0.hasSuffix(".safetensors") || $0.hasSuffix(".json") }.sorted()
      .map { "\(folder)/\($0)" }
    guard !paths.isEmpty else {
      throw TensorError(
        .invalidFile,
        "\(folder) holds no .safetensors or .json file: give a folder of golden files")
    }
  }

  /// Runs every case.
  ///
  /// - Parameters:
  ///   - backend: The device to test.
  ///   - report: Called with each result as it comes.
  @discardableResult
  public func run(
    on backend: any Backend, report: (ConformanceResult) throws -> Void
  ) rethrows -> ConformanceSummary {
    var summary = ConformanceSummary()
    for path in paths {
      for item in Self.cases(of: path) {
        let result = item.run(on: backend)
        summary.add(result)
        try report(result)
      }
    }
    return summary
  }

  /// The cases of one file; a file that cannot be read is one case that fails.
  package static func cases(of path: String) -> [ConformanceCase] {
    let file: GoldenFile
    do {
      file =
        path.hasSuffix(".json") ? try GoldenFile(json: path) : try GoldenFile(contentsOf: path)
    } catch {
      return [
        .verdict(file: GoldenFile.name(of: path), name: "-", status: .fail, reason: "\(error)")
      ]
    }
    guard !file.cases.isEmpty else {
      return [
        .verdict(
          file: file.name, name: "-", status: .skip, reason: "no golden case in its metadata")
      ]
    }
    return file.cases.map { item in
      switch item {
      case .success(let golden): golden.conformanceCase
      case .failure(let damage):
        .verdict(file: file.name, name: damage.name, status: .fail, reason: damage.reason)
      }
    }
  }
}

/// Something to run on a device and judge.
package struct ConformanceCase: Sendable, CustomStringConvertible {
  /// Where it comes from.
  package let file: String
  /// Its name there.
  package let name: String
  private let evaluate: @Sendable (any Backend) throws -> [Comparison]

  package init(
    file: String, name: String,
    evaluate: @escaping @Sendable (any Backend) throws -> [Comparison]
  ) {
    self.file = file
    self.name = name
    self.evaluate = evaluate
  }

  /// A case whose result does not depend on the device.
  static func verdict(
    file: String, name: String, status: ConformanceResult.Status, reason: String
  ) -> ConformanceCase {
    ConformanceCase(file: file, name: name) { _ in
      throw status == .skip ? CaseProblem.unknown(reason) : CaseProblem.damaged(reason)
    }
  }

  /// For lists of tests.
  package var description: String { "\(file)/\(name)" }

  /// Runs it.
  package func run(on backend: any Backend) -> ConformanceResult {
    do {
      return ConformanceResult(file: file, name: name, comparisons: try evaluate(backend))
    } catch CaseProblem.unknown(let reason) {
      return ConformanceResult(file: file, name: name, status: .skip, reason: reason)
    } catch let error as VulkanError where error.isAboutSize {
      return ConformanceResult(file: file, name: name, tooLarge: error)
    } catch {
      return ConformanceResult(file: file, name: name, status: .fail, reason: "\(error)")
    }
  }
}

extension GoldenCase {
  private static let kinds: [CaseKind] =
    CaseKind.convolutions + CaseKind.matrixProducts + CaseKind.pointwise + CaseKind.shapes
    + CaseKind.normalizations + CaseKind.losses + CaseKind.optimizers + CaseKind.training
    + CaseKind.spectra + CaseKind.melBanks + CaseKind.inversions + CaseKind.projections

  var conformanceCase: ConformanceCase {
    ConformanceCase(file: file, name: name) { backend in
      guard let kind = Self.kinds.first(where: { $0.matches(self) }) else {
        throw CaseProblem.unknown("no case of kind \"\(operation)\" is known")
      }
      return try kind.run(self, backend)
    }
  }
}
