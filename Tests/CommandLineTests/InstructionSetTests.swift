import Testing

/// `VAMEN_CPU_ISA` with a name that no kernels have.
@Suite struct InstructionSetTests {
  @Test func anUnknownInstructionSetIsAnError() throws {
    let outcome = try CommandRunner().vamen(
      "benchmark", "--preset", "tiny", "--runs", "1", "--batch-size", "1", "--device", "cpu",
      environment: ["VAMEN_CPU_ISA": "sse9"])
    #expect(outcome.status != 0)
    #expect(
      outcome.errors.contains("VAMEN_CPU_ISA=sse9") && outcome.errors.contains("baseline"),
      "\(outcome.errors)")
  }
}
