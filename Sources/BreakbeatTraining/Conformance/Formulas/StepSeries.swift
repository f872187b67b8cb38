/// A number for each step of a run, given as text such as
/// `0.5*min(1,(step+1)/10), step = 0..19` or `constant`.
package struct StepSeries {
  private let formula: Formula
  private let stepNames: Set<String>
  private let first: Double
  private let known: [String: Double]

  /// A series from its text.
  ///
  /// - Parameters:
  ///   - text: A formula and the range of its step, such as `k=0..9`; `constant` for the variable
  ///     that `constant` names.
  ///   - known: Variables other than the step, such as `lr`.
  package init(
    _ text: String, constant: String? = nil, known: [String: Double] = [:]
  ) throws(CaseProblem) {
    let isConstant = text.isEmpty || ["constant", "const", "none"].contains(text.lowercased())
    let parsed = try Formula.parse(isConstant ? constant ?? text : text)
    let range = Self.range(in: parsed.remark)
    formula = parsed.formula
    first = range?.first ?? 0
    stepNames = Set([range?.name].compactMap(\.self) + ["step", "k", "i", "n", "t", "epoch"])
      .subtracting(known.keys)
    self.known = known
    _ = try value(at: 0)
  }

  /// The value at a step, counted from 0.
  package func value(at step: Int) throws(CaseProblem) -> Double {
    var variables = known
    for name in stepNames { variables[name] = first + Double(step) }
    return try formula.value(variables)
  }

  /// The step's name and first value in a remark such as ` step = 0..19`.
  private static func range(in remark: String) -> (name: String, first: Double)? {
    let sides = remark.split(separator: "=", maxSplits: 1)
    guard sides.count == 2 else { return nil }
    let name = sides[0].filter { $0.isLetter || $0.isNumber || $0 == "_" }
    let start = sides[1].drop { $0.isWhitespace }.prefix { $0.isNumber || $0 == "-" }
    return Double(start).map { (String(name), $0) }
  }
}
