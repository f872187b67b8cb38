import Tensors
import Testing

/// `VAMEN_CPU_ISA` names kernels that exist and that the processor runs, or is an error.
@Suite("Instruction sets")
struct InstructionSetTests {
  @Test func whatTheProcessorHasIsAllowed() throws {
    try CPUInstructionSet.check(nil)
    try CPUInstructionSet.check("baseline")
    for name in CPUInstructionSet.all where CPUInstructionSet.isAvailable(name) {
      try CPUInstructionSet.check(name)
    }
  }

  @Test(arguments: ["avx1024", "AVX2", "", "baseline "])
  func otherNamesAreErrorsThatListTheChoices(_ name: String) throws {
    let error = #expect(throws: TensorError.self) { try CPUInstructionSet.check(name) }
    let text = error?.message ?? ""
    #expect(text.contains("VAMEN_CPU_ISA=\(name)") && text.contains("baseline"), "\(text)")
  }
}
