import Testing

@Suite("Messages")
struct MessageTests {
  @Test("A mistake in a shader is reported at its line, below an include too")
  func shaderLine() throws {
    let workspace = try ShaderWorkspace([
      "a.comp": shader("#include \"b.glsl\"\n\nfloat f() { return unknown; }"),
      "include/b.glsl": "float g() { return 1.0; }\n\n\n",
    ])
    let outcome = try workspace.compile()
    #expect(outcome.status == 1)
    #expect(outcome.messages.hasPrefix("\(workspace.path)/a.comp:5:1: error: 'unknown'"))
  }

  @Test("A mistake in an included file is reported in that file")
  func includeLine() throws {
    let workspace = try ShaderWorkspace([
      "a.comp": shader("#include \"b.glsl\""),
      "include/b.glsl": "\nfloat g() { return unknown; }\n",
    ])
    let messages = try workspace.compile().messages
    #expect(messages.hasPrefix("\(workspace.path)/include/b.glsl:2:1: error: 'unknown'"))
  }

  @Test("Mistakes of several shaders are reported together, those of variants once")
  func several() throws {
    let workspace = try ShaderWorkspace([
      "a.comp": "//@variant half USE_HALF=1\n" + shader(main: "one = 1;"),
      "b.comp": shader(main: "two = 2;"),
    ])
    let lines = try workspace.compile().messages.split(separator: "\n")
    #expect(lines.filter { $0.contains("'one'") }.count == 1)
    #expect(lines.filter { $0.contains("'two'") }.count == 1)
  }

  @Test("Warnings are shown and do not fail the build")
  func warning() throws {
    let workspace = try ShaderWorkspace(["a.comp": shader("#extension GL_KHR_unheard_of : enable")])
    let outcome = try workspace.compile()
    #expect(outcome.status == 0)
    #expect(outcome.messages.hasPrefix("\(workspace.path)/a.comp:3:1: warning: "))
  }

  @Test(
    "What a kernel cannot express is refused",
    arguments: [
      ("layout(binding = 0) uniform sampler2D picture;", "picture"),
      (
        "layout(binding = 0) uniform U { vec4 a; }; layout(binding = 0) buffer V { vec4 b; };",
        "binding 0"
      ),
      ("layout(set = 1, binding = 0) buffer V { float values[]; };", "descriptor set"),
      ("layout(binding = 0) buffer V { float a[4]; float b[]; };", "instance name"),
      ("layout(binding = 0) buffer V { float v[]; } many[2];", "array of buffers"),
      ("layout(push_constant) uniform C { vec2 size; };", "'size' is not a uint, int or float"),
      ("layout(push_constant) uniform C { layout(offset = 8) uint n; };", "byte 8, not 0"),
      ("layout(constant_id = 0) const double D = 1.0;", "'D' is not a uint, int, float or bool"),
    ])
  func interface(declaration: String, explanation: String) throws {
    let workspace = try ShaderWorkspace(["a.comp": shader(declaration)])
    let outcome = try workspace.compile()
    #expect(outcome.status == 1)
    #expect(outcome.messages.contains("/a.comp:1:1: error: "))
    #expect(outcome.messages.contains(explanation))
  }

  @Test("File names and kernels that collide are refused")
  func names() throws {
    #expect(try ShaderWorkspace(["Bad-name.comp": shader()]).compile().status == 1)
    let workspace = try ShaderWorkspace([
      "a_half.comp": shader(), "a.comp": "//@variant half X=1\n" + shader(),
    ])
    let outcome = try workspace.compile()
    #expect(outcome.status == 1)
    #expect(outcome.messages.contains("AHalfKernel"))
  }

  @Test("A shader without a version is refused")
  func version() throws {
    let outcome = try ShaderWorkspace(["a.comp": "void main() {}"]).compile()
    #expect(outcome.status == 1)
    #expect(outcome.messages.contains("no #version line"))
  }
}
