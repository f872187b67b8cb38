import BreakbeatTraining
import Testing

/// What is said of a run before its first step and beside each.
@Suite struct RunPlanTests {
  @Test(arguments: [
    (3_100_000_000, 8_000_000_000, "3.1/8.0 GB"), (31_000_000, 23_600_000_000, "0.03/24 GB"),
    (9_940_000_000, 10_000_000_000, "9.9/10 GB"), (1, 640_000_000, "0.01/0.64 GB"),
  ])
  func memoryIsAShare(_ byteCount: Int, _ free: Int, _ text: String) {
    #expect(RunPlan.share(byteCount, of: free) == text)
  }

  @Test func nothingIsSaidOfMemoryThatIsUnknown() {
    #expect(RunPlan.share(3_100_000_000, of: 0) == nil)
    #expect(RunPlan.share(0, of: 8_000_000_000) == nil)
  }
}
