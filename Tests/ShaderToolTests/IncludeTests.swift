import Testing

@Suite("Includes")
struct IncludeTests {
  @Test("A file is found beside the shader before the include folder")
  func lookup() throws {
    let workspace = try ShaderWorkspace([
      "a.comp": shader("#include \"value.glsl\"\nlayout(constant_id = VALUE) const uint N = 1;"),
      "value.glsl": "#define VALUE 7\n",
      "include/value.glsl": "#define VALUE 8\n",
    ])
    #expect(try workspace.generated().contains("specializationIDs: [7]"))
    try workspace.remove("value.glsl")
    #expect(try workspace.generated().contains("specializationIDs: [8]"))
  }

  @Test("An included file includes others from its own folder")
  func nested() throws {
    let workspace = try ShaderWorkspace([
      "a.comp": shader("#include \"outer.glsl\"", main: "float x = twice(1.0);"),
      "include/outer.glsl": "#include \"inner.glsl\"\n#include \"inner.glsl\"\n",
      "include/inner.glsl": "#pragma once\nfloat twice(float x) { return 2.0 * x; }\n",
    ])
    #expect(try workspace.compile().status == 0)
  }

  @Test("A changed include changes the output")
  func change() throws {
    let workspace = try ShaderWorkspace([
      "a.comp": shader(
        "#include \"scale.glsl\"\nlayout(binding = 0) buffer V { float values[]; };",
        main: "values[gl_GlobalInvocationID.x] *= SCALE;"),
      "include/scale.glsl": "const float SCALE = 2.0;\n",
    ])
    let before = try workspace.generated()
    #expect(try workspace.generated() == before)
    try workspace.write("const float SCALE = 3.0;\n", to: "include/scale.glsl")
    #expect(try workspace.generated() != before)
  }

  @Test("A cycle is an error that names the files")
  func cycle() throws {
    let workspace = try ShaderWorkspace([
      "a.comp": shader("#include \"b.glsl\""),
      "include/b.glsl": "#include \"c.glsl\"\n",
      "include/c.glsl": "\n#include \"b.glsl\"\n",
    ])
    let outcome = try workspace.compile()
    #expect(outcome.status == 1)
    #expect(
      outcome.messages == "\(workspace.path)/include/c.glsl:2:1: error: include cycle: "
        + "b.glsl -> c.glsl -> b.glsl\n")
  }

  @Test("A missing file is an error at the line that includes it")
  func missing() throws {
    let workspace = try ShaderWorkspace(["a.comp": shader("#include \"b.glsl\"")])
    let outcome = try workspace.compile()
    #expect(outcome.status == 1)
    #expect(outcome.messages.hasPrefix("\(workspace.path)/a.comp:3:1: error: "))
    #expect(outcome.messages.contains("'b.glsl'"))
  }
}
