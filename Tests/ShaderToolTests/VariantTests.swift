import Testing

@Suite("Variants")
struct VariantTests {
  private let source = """
    #version 460
    // Scales every value.
    //@variant half USE_HALF WIDTH=4
    #ifndef WIDTH
    #define WIDTH 1
    #endif
    layout(local_size_x = 64) in;
    #ifdef USE_HALF
    layout(binding = 0) buffer V { uint halves[]; };
    #else
    layout(binding = 0) buffer V { float values[]; };
    #endif
    layout(constant_id = WIDTH) const uint N = 1;
    void main() {}
    """

  @Test("A variant is a kernel of its own, compiled with its definitions")
  func variant() throws {
    let text = try ShaderWorkspace(["scale_values.comp": source]).generated()
    let parts = text.split(separator: "public enum ScaleValuesHalfKernel: ComputeKernel {")
    try #require(parts.count == 2)
    #expect(parts[0].contains("public enum ScaleValuesKernel: ComputeKernel {"))
    #expect(parts[0].contains("name: \"values\""))
    #expect(parts[0].contains("specializationIDs: [1],"))
    #expect(parts[1].contains("name: \"scale_values-half\""))
    #expect(parts[1].contains("name: \"halves\""))
    #expect(parts[1].contains("specializationIDs: [4],"))
  }

  @Test("Every kernel of the folder is listed, in order of name")
  func list() throws {
    let text = try ShaderWorkspace([
      "scale_values.comp": source, "below/add.comp": shader(),
    ]).generated()
    #expect(
      text.contains(
        """
        public let everyKernel: [Kernel] = [
          AddKernel.kernel,
          ScaleValuesKernel.kernel,
          ScaleValuesHalfKernel.kernel,
        ]
        """))
  }

  @Test("The shader's opening comment documents the kernel")
  func documentation() throws {
    let text = try ShaderWorkspace(["scale_values.comp": source]).generated()
    #expect(
      text.contains(
        """
        /// The shader `scale_values-half`.
        ///
        /// Scales every value.
        public enum ScaleValuesHalfKernel
        """))
  }

  @Test(
    "A malformed or repeated variant is refused at its line",
    arguments: [
      "//@variant", "//@variant half", "//@variant Half A=1", "//@variant half 1A=2",
      "//@variant half A=1 // twice\n//@variant half B=1",
    ])
  func malformed(line: String) throws {
    let workspace = try ShaderWorkspace(["a.comp": line + "\n" + shader()])
    let outcome = try workspace.compile()
    #expect(outcome.status == 1)
    #expect(outcome.messages.contains("variant"))
  }
}
