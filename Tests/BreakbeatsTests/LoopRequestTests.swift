import BreakbeatExplorer
import Testing

/// What the explorer's server takes for a loop's parameters.
@Suite struct LoopRequestTests {
  /// Why parameters, as in an address, are refused; `nil` if they are not.
  private static func refusal(_ query: String) -> ExplorerError? {
    do {
      _ = try request(query)
      return nil
    } catch {
      return error as? ExplorerError
    }
  }

  private static func request(_ query: String) throws -> LoopRequest {
    try LoopRequest(
      query.split(separator: "&").map { parameter in
        let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(pair[0]), String(pair[1]))
      })
  }

  /// What is no whole number of digits.
  private static let notWhole = [
    "", " ", "3.7", "3.0", "+3", "-3", "3 ", " 3", "0x3", "3e1", "nan", "inf", "\u{663}",
    "99999999999999999999",
  ]

  @Test(arguments: ["seed", "item", "iterations"], notWhole)
  func wholeNumbersAreDigits(name: String, text: String) throws {
    let refusal = Self.refusal(
      name == "iterations" ? "seed=1&iterations=\(text)" : "\(name)=\(text)")
    #expect(refusal?.code == .badRequest)
    #expect(try #require(refusal).description.hasPrefix("\(name) is a whole number from 0 to "))
  }

  @Test(arguments: ["toSeed", "toItem"], notWhole)
  func soAreThoseOfTheOtherEnd(name: String, text: String) throws {
    let refusal = try #require(Self.refusal("seed=1&\(name)=\(text)"))
    #expect(refusal.description.hasPrefix("\(name) is a whole number from 0 to "))
  }

  /// What is no decimal number.
  private static let notDecimal = [
    "", " ", "0x0", "0x1p0", "nan", "inf", "-inf", "infinity", "+1", " 1", "1 ", "1,0", ".5", "1.",
    "1e", "1e1.0", "e1", "-", "--1", "1.0.0", "\u{661}", "1e999",
  ]

  @Test(arguments: ["bpm", "morph"], notDecimal)
  func numbersAreDecimal(name: String, text: String) throws {
    let refusal = try #require(Self.refusal("seed=1&toSeed=2&\(name)=\(text)"))
    #expect(refusal.code == .badRequest)
    #expect(refusal.description.hasPrefix("\(name) is a decimal number from "))
  }

  @Test(arguments: ["offsets", "toOffsets"], notDecimal.map { "1:\($0)" })
  func stepsAreDecimal(name: String, text: String) throws {
    let refusal = try #require(Self.refusal("seed=1&toSeed=2&\(name)=\(text)"))
    #expect(refusal.code == .badRequest)
    #expect(refusal.description.hasPrefix("\(name) are direction:step pairs"))
  }

  @Test(
    arguments: [
      "+1:1", "0:1", "-1:1", "1.0:1", "0x1:1", " 1:1", ":1", "1:1,", ",1:1", "1:1,,2:1", "1:1,1:2",
      "1:21", "1", "1:1:1", "1:1;2:1",
    ])
  func offsetsArePairs(text: String) {
    #expect(Self.refusal("seed=1&offsets=\(text)")?.code == .badRequest)
  }

  @Test(
    arguments: [
      "seed=1&iterations=201", "seed=1&bpm=0.5", "seed=1&bpm=1000.5", "seed=1&toSeed=2&morph=1.01",
      "seed=1&toSeed=2&morph=-0.1", "seed=1&item=1", "seed=1&toSeed=1&toItem=1", "bpm=90",
    ])
  func othersAreOutOfRange(query: String) {
    #expect(Self.refusal(query)?.code == .badRequest)
  }

  @Test(arguments: ["toOffsets=1:1", "morph=0.5"])
  func anEndThatIsNotThereIsNamed(parameter: String) throws {
    let refusal = try #require(Self.refusal("seed=1&\(parameter)"))
    #expect(refusal.description.hasSuffix("needs toSeed or toItem."))
  }

  @Test func whatThePageWritesIsTaken() throws {
    let plain = try Self.request(
      "seed=1&offsets=1:0.5,3:-2&toItem=4&toOffsets=2:0.0000001&morph=0.25&bpm=90&iterations=32")
    #expect(
      try plain
        == Self.request(
          "seed=01&offsets=3:-2.0,1:5e-1,2:0&toItem=4&toOffsets=2:1e-7&morph=2.5E-1&bpm=9.0e+1"))
    #expect(try Self.request("seed=1&offsets=") == Self.request("seed=1"))
    #expect(Self.refusal("seed=18446744073709551615&toItem=0&morph=-0") == nil)
  }
}
