import BreakbeatTraining
import Testing

/// The formulas that golden files give as text.
@Suite("Formulas")
struct GoldenFormulaTests {
  @Test(
    "value",
    arguments: [
      ("1+2*3", 7), ("(1+2)*3", 9), ("-2^2", -4), ("2**3**2", 512), ("7 % 4", 3), ("1 - 2 - 3", -4),
      ("8/2/2", 2), ("-(-3)", 3), ("2e-3*1.5E+2", 0.3), ("min(3, 1, 2)", 1), ("max(1,-pi)", 1),
      ("0.5+0.5*cos(pi)", 0), ("math.cos(0) + np.sqrt(4)", 3), ("ln(exp(2))", 2), (".5", 0.5),
      ("x*x", 9), ("abs(-x), x in 1..3", 3),
    ])
  func values(_ text: String, _ expected: Double) throws {
    let value = try Formula.parse(text).formula.value(["x": 3.0])
    #expect((value - expected).magnitude < 1e-12)
  }

  @Test("refused", arguments: ["", "1+", "(1", "1 2", "sum(1)", "y", "1..2", "a[0]", "2 +* 3"])
  func refused(_ text: String) {
    #expect(throws: CaseProblem.self) { try Formula(text).value(["x": 3.0]) as Double }
  }

  @Test func deepNestingIsRefused() {
    let text = String(repeating: "(", count: 100_000)
    #expect(throws: CaseProblem.self) { try Formula(text) }
  }

  @Test(
    "series",
    arguments: [
      ("0.5*min(1,(step+1)/10), step = 0..19", 3, 0.2),
      ("lr*min(1,(k+1)/4)*(0.5+0.5*cos(pi*k/10)), k=0..9", 5, 0.005),
      ("lr*k, k=1..10", 2, 0.03), ("constant", 7, 0.01), ("lr/(epoch+1)", 1, 0.005),
    ])
  func series(_ text: String, _ step: Int, _ expected: Double) throws {
    let series = try StepSeries(text, constant: "lr", known: ["lr": 0.01])
    #expect((try series.value(at: step) - expected).magnitude < 1e-12)
  }
}
