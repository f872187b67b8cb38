import Foundation
import Testing

/// The line that `vamen train` shows of a step.
@Suite struct ProgressLineTests {
  @Test func aLineEndsWithMemoryAndTheTimeLeft() throws {
    let folder = try TrainingFolder()
    let outcome = try folder.train(steps: 2)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.errors.split(separator: "\n").map { String($0) }
    let line = try #require(lines.last(where: { $0.hasPrefix("step 2/2  100%  loss ") }))
    let parts = line.components(separatedBy: "  ")
    for unit in [" images/s", " ms", " GB"] {
      #expect(parts.contains(where: { $0.hasSuffix(unit) }), "\(line)")
    }
    #expect(parts.last == "ETA 0:00:00", "\(line)")
    // A few megabytes of the machine's memory.
    let memory = try #require(parts.dropLast().last)
    let numbers = memory.dropLast(3).split(separator: "/").compactMap { Double($0) }
    try #require(memory.hasSuffix(" GB") && numbers.count == 2, "\(line)")
    #expect(numbers[0] > 0 && numbers[0] < numbers[1], "\(line)")
    // Files are as they were.
    let names = folder.text("run/metrics.csv").prefix { $0 != "\n" }
    #expect(names.hasSuffix(",held_out_loss,gradient_norm"), "\(names)")
  }
}
