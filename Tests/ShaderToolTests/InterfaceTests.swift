import Testing

@Suite("Interface")
struct InterfaceTests {
  @Test("Buffers are ordered by binding and named by instance or only member")
  func buffers() throws {
    let text = try ShaderWorkspace([
      "a.comp": shader(
        """
        layout(binding = 2) buffer C { float sums[]; };
        layout(binding = 0) readonly buffer A { float data[]; } left_side;
        layout(binding = 1) writeonly buffer B { uint count; float data[]; } result;
        """)
    ]).generated()
    #expect(
      text.contains(
        """
              Kernel.Binding(index: 0, name: "left_side", access: .read),
              Kernel.Binding(index: 1, name: "result", access: .write),
              Kernel.Binding(index: 2, name: "sums", access: .readWrite),
        """))
    #expect(
      text.contains("public init(leftSide: BufferRange, result: BufferRange, sums: BufferRange)"))
    #expect(text.contains("public var inBindingOrder: [BufferRange] { [leftSide, result, sums] }"))
  }

  @Test("Two views of one binding are one buffer with the access of both")
  func views() throws {
    let text = try ShaderWorkspace([
      "a.comp": shader(
        """
        layout(binding = 0) readonly buffer A { float data[]; } values;
        layout(binding = 0) writeonly buffer B { vec4 data[]; } values_by_four;
        """)
    ]).generated()
    #expect(text.contains("name: \"values\", access: .readWrite)"))
    #expect(!text.contains("valuesByFour"))
  }

  @Test("A uniform block is a buffer that is read")
  func uniform() throws {
    let text = try ShaderWorkspace([
      "a.comp": shader("layout(binding = 1) uniform Table { vec4 values[8]; } table;")
    ]).generated()
    #expect(text.contains("Kernel.Binding(index: 1, name: \"table\", access: .uniform)"))
    #expect(text.contains("public init(table: BufferRange)"))
  }

  @Test("Push constants keep their order and types")
  func pushConstants() throws {
    let text = try ShaderWorkspace([
      "a.comp": shader(
        "layout(push_constant) uniform Constants { uint row_count; int shift; float scale; };")
    ]).generated()
    #expect(text.contains("public init(rowCount: UInt32, shift: Int32, scale: Float)"))
    #expect(text.contains("pushConstantByteCount: 12,"))
  }

  @Test("Specialization constants carry names, types and defaults")
  func specialization() throws {
    let text = try ShaderWorkspace([
      "a.comp": """
      #version 460
      layout(constant_id = 4) const bool HAS_BIAS = true;
      layout(constant_id = 3) const float SLOPE = 0.5;
      layout(constant_id = 1) const int PADDING = -2;
      layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
      layout(local_size_x_id = 0, local_size_y_id = 2) in;
      void main() {}
      """
    ]).generated()
    #expect(text.contains("specializationIDs: [0, 1, 2, 3, 4],"))
    #expect(
      text.contains(
        "public init(workgroupSize: UInt32 = 128, padding: Int32 = -2, workgroupSizeY: UInt32 = 1, "
          + "slope: Float = 0.5, hasBias: Bool = true)"))
    #expect(
      text.contains(
        "[workgroupSize, UInt32(bitPattern: padding), workgroupSizeY, slope.bitPattern, "
          + "hasBias ? 1 : 0]"))
  }

  @Test("What a shader declares and never uses stays in its interface")
  func unused() throws {
    let text = try ShaderWorkspace([
      "a.comp": shader(
        """
        layout(constant_id = 5) const uint UNUSED = 9;
        layout(binding = 0) readonly buffer A { float nothing[]; };
        """)
    ]).generated()
    #expect(text.contains("specializationIDs: [5],"))
    #expect(text.contains("name: \"nothing\", access: .read)"))
  }

  @Test("A kernel without buffers and constants says so")
  func empty() throws {
    let text = try ShaderWorkspace(["a.comp": shader()]).generated()
    #expect(text.contains("public typealias Constants = NoConstants"))
    #expect(text.contains("public typealias Specialization = NoSpecialization"))
  }

  @Test("Words that Swift reserves become names in backticks")
  func reserved() throws {
    let text = try ShaderWorkspace([
      "a.comp": shader("layout(binding = 0) buffer V { float repeat[]; };")
    ]).generated()
    #expect(text.contains("public var `repeat`: BufferRange"))
  }
}
