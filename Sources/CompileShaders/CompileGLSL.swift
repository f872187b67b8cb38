import CGlslang

/// A shader as SPIR-V 1.5 for Vulkan 1.2.
struct CompiledShader {
  /// As translated, with the names of everything.
  var named: [UInt32]
  /// Validated and without names: what is embedded. Not optimized: the optimizer inlines every call
  /// before it knows the specialization constants that make most calls unreachable.
  var stripped: [UInt32]
  /// The compiler's warnings, one line each.
  var warnings: [String]
}

/// The GLSL compiler, for as long as the value lives.
struct GLSLCompiler: ~Copyable {
  init() { glslang_initialize_process() }
  deinit { glslang_finalize_process() }

  /// Compiles a compute shader.
  ///
  /// - Parameters:
  ///   - source: GLSL with its includes expanded.
  ///   - path: The file that messages without one belong to.
  func compile(_ source: String, path: String) throws -> CompiledShader {
    try source.withCString { code in
      var input = glslang_input_t()
      input.language = GLSLANG_SOURCE_GLSL
      input.stage = GLSLANG_STAGE_COMPUTE
      input.client = GLSLANG_CLIENT_VULKAN
      input.client_version = GLSLANG_TARGET_VULKAN_1_2
      input.target_language = GLSLANG_TARGET_SPV
      input.target_language_version = GLSLANG_TARGET_SPV_1_5
      input.code = code
      input.default_version = 460
      input.default_profile = GLSLANG_NO_PROFILE
      input.messages = messages
      input.resource = glslang_default_resource()
      return try compile(&input, path: path)
    }
  }

  private var messages: glslang_messages_t {
    glslang_messages_t(
      rawValue: GLSLANG_MSG_SPV_RULES_BIT.rawValue | GLSLANG_MSG_VULKAN_RULES_BIT.rawValue)
  }

  private func compile(
    _ input: inout glslang_input_t, path: String
  ) throws -> CompiledShader {
    var log = CompilerLog(path: path)
    var options = glslang_spv_options_t()
    options.disable_optimizer = true
    let named = try words(&input, &options, &log)
    // A program appends to what it generated before, hence a second one.
    options.strip_debug_info = true
    options.validate = true
    let stripped = try words(&input, &options, &log)
    return CompiledShader(named: named, stripped: stripped, warnings: log.lines)
  }

  private func words(
    _ input: inout glslang_input_t, _ options: inout glslang_spv_options_t,
    _ log: inout CompilerLog
  ) throws -> [UInt32] {
    let shader = glslang_shader_create(&input)
    let program = glslang_program_create()
    defer {
      glslang_program_delete(program)
      glslang_shader_delete(shader)
    }
    let isParsed =
      glslang_shader_preprocess(shader, &input) != 0 && glslang_shader_parse(shader, &input) != 0
    log.append(glslang_shader_get_info_log(shader))
    guard isParsed else { throw ShaderErrors(lines: log.lines) }

    glslang_program_add_shader(program, shader)
    guard glslang_program_link(program, Int32(messages.rawValue)) != 0 else {
      log.append(glslang_program_get_info_log(program))
      throw ShaderErrors(lines: log.lines)
    }
    glslang_program_SPIRV_generate_with_options(program, input.stage, &options)
    log.append(glslang_program_SPIRV_get_messages(program))
    guard !log.hasErrors else { throw ShaderErrors(lines: log.lines) }
    return Array(
      UnsafeBufferPointer(
        start: glslang_program_SPIRV_get_ptr(program),
        count: glslang_program_SPIRV_get_size(program)))
  }
}
