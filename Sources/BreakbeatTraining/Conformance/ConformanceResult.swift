#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

import VulkanCompute

/// What came of one case on one device.
public struct ConformanceResult: Sendable {
  /// Whether the device computed what it should.
  public enum Status: String, Sendable, Hashable, Codable {
    /// Every result is within its tolerance.
    case pass = "PASS"
    /// A result is wrong, or the case or its file is damaged.
    case fail = "FAIL"
    /// The case's kind is not known here, or the case exceeds the device's memory or limits.
    case skip = "SKIP"
  }

  /// The file's name without its extension; `built-in` for the cases of the program itself.
  public let file: String
  /// The case's name in the file.
  public let name: String
  /// What came of it.
  public let status: Status
  /// Why it was skipped, what is wrong, or what was let pass.
  public let reason: String?
  /// Every result that was compared.
  package let comparisons: [Comparison]
  /// Whether the case exceeds the device's memory or limits.
  package let isTooLarge: Bool

  package init(file: String, name: String, status: Status, reason: String?) {
    self.file = file
    self.name = name
    self.status = status
    self.reason = reason
    comparisons = []
    isTooLarge = false
  }

  /// A case that exceeds the device's memory or limits, as an error says that also says what to do.
  init(file: String, name: String, tooLarge error: VulkanError) {
    self.file = file
    self.name = name
    status = .skip
    reason = "too large for the device: \(error)"
    comparisons = []
    isTooLarge = !error.remedy.isEmpty
  }

  /// The verdict on a case's comparisons; without any there is nothing to pass.
  package init(file: String, name: String, comparisons: [Comparison]) {
    self.file = file
    self.name = name
    self.comparisons = comparisons
    isTooLarge = false
    let wrong = comparisons.filter { !$0.passes }
    status = comparisons.isEmpty ? .skip : wrong.isEmpty ? .pass : .fail
    let strays = comparisons.filter { $0.passes && $0.strayCount > 0 }
    reason =
      if comparisons.isEmpty {
        "the case holds nothing to compare"
      } else if !wrong.isEmpty {
        "wrong: " + wrong.map(\.name).joined(separator: ", ")
      } else if !strays.isEmpty {
        "allowed strays: " + strays.map { "\($0.strayCount) in \($0.name)" }.joined(separator: ", ")
      } else {
        nil
      }
  }

  /// The comparison that is nearest to its tolerance, or furthest beyond it.
  private var worst: Comparison? { comparisons.max { $0.severity < $1.severity } }

  /// The largest absolute error of the result that is nearest to its tolerance.
  public var maxAbsoluteError: Double? { worst?.maxAbsoluteError }
  /// That result's root-mean-square error over its root mean square.
  public var normalizedError: Double? { worst?.normalizedError }
  /// That result's tolerance.
  public var tolerance: Double? { worst?.tolerance }

  /// `PASS file/case max-abs-error normalized-rms-error tolerance`, with the reason where there is
  /// one.
  public var line: String {
    var line = "\(status.rawValue) \(file)/\(name)"
    if let worst {
      for value in [worst.maxAbsoluteError, worst.normalizedError, worst.tolerance] {
        line += " " + scientific(value)
      }
    }
    return reason.map { "\(line)  (\($0))" } ?? line
  }

  /// The same as a JSON object on one line; numbers that are not finite are `null`.
  public func json() throws -> String {
    struct Line: Encodable {
      let file: String
      let `case`: String
      let status: Status
      let maxAbsoluteError: Double?
      let normalizedError: Double?
      let tolerance: Double?
      let reason: String?
    }
    let finite = { (value: Double?) in value.flatMap { $0.isFinite ? $0 : nil } }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Line(
      file: file, case: name, status: status, maxAbsoluteError: finite(maxAbsoluteError),
      normalizedError: finite(normalizedError), tolerance: finite(tolerance), reason: reason)
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }
}

/// How many cases passed, failed and were skipped.
public struct ConformanceSummary: Sendable, Hashable, CustomStringConvertible {
  /// Cases within their tolerance.
  public private(set) var passed = 0
  /// Cases beyond it, and damaged ones.
  public private(set) var failed = 0
  /// Cases of unknown kinds.
  public private(set) var skipped = 0

  /// No cases yet.
  public init() {}

  /// Counts one more case.
  public mutating func add(_ result: ConformanceResult) {
    switch result.status {
    case .pass: passed += 1
    case .fail: failed += 1
    case .skip: skipped += 1
    }
  }

  /// For example `143 passed, 0 failed, 2 skipped`.
  public var description: String { "\(passed) passed, \(failed) failed, \(skipped) skipped" }
}

/// Four digits and an exponent, such as 1.234e-07.
func scientific(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  guard value != 0 else { return "0" }
  var exponent = Int(floor(log10(value.magnitude)))
  var digits = Int((value.magnitude * pow(10, Double(3 - exponent))).rounded())
  if digits >= 10_000 {
    digits /= 10
    exponent += 1
  }
  let text = String(digits)
  let sign = value < 0 ? "-" : ""
  let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
  return "\(sign)\(text.prefix(1)).\(text.dropFirst())e\(exponent < 0 ? "-" : "+")\(power)"
}
