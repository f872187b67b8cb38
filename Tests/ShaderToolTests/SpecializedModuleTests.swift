import Foundation
import TensorKernels
import Testing
import VulkanCompute

/// Specialization constants replaced by numbers, beside what the SPIR-V tools make of them.
@Suite("Specialized modules")
struct SpecializedModuleTests {
  @Test("nothing is left to specialize, and everything else stays", arguments: everyKernel)
  func complete(_ kernel: Kernel) throws {
    let before = try Module(kernel)
    let after = Module(SpecializedModule(before.words, numbers: [:]).words)
    #expect(!before.constants.isEmpty)
    #expect(Set(after.constants.keys) == Set(before.constants.keys))
    #expect(after.constants.values.allSatisfy { !(48...52).contains($0[0] & 0xFFFF) })
    #expect(after.functions == before.functions)
    // Given what the shader says, nothing changes; nothing but hints where loops are kept.
    let said = before.integers.mapValues { before.constants[$0]?[3] ?? 0 }
    let given = SpecializedModule(before.words, numbers: said)
    #expect(Module(given.words).functions == after.functions)
    for (number, result) in before.integers {
      #expect(Module(given.words).constants[result]?[3] == said[number])
    }
    let kept = SpecializedModule(before.words, numbers: [:], unrollsLoops: false).words
    let changed = zip(kept, after.words).filter { $0 != $1 }
    #expect(kept.count == after.words.count && changed.allSatisfy { $0 == (2, 1) })
  }

  @Test(
    "the same constants as spirv-opt's", .enabled(if: program("spirv-opt") != nil),
    arguments: everyKernel)
  func agreement(_ kernel: Kernel) throws {
    let optimizer = try #require(program("spirv-opt"))
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (file, output) = (folder.appending(path: "a.spv"), folder.appending(path: "b.spv"))
    let module = try Module(kernel)
    try module.words.withUnsafeBytes { Data($0) }.write(to: file)
    // Odd and even, small and large enough to make some comparisons true and others false.
    for first: UInt32 in [1, 4] {
      let numbers = Dictionary(
        uniqueKeysWithValues: module.integers.keys.sorted().enumerated().map {
          ($1, first + UInt32($0) % 7)
        })
      let texts = numbers.map { "\($0.key):\($0.value)" }.joined(separator: " ")
      let outcome = try ShaderWorkspace.run(
        optimizer,
        [
          "--set-spec-const-default-value", texts, "--freeze-spec-const",
          "--fold-spec-const-op-composite", file.path, "-o", output.path,
        ])
      try #require(outcome.status == 0, "\(kernel.name): \(outcome.messages)")
      let theirs = Module(
        try Data(contentsOf: output).withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) })
      let ours = Module(SpecializedModule(module.words, numbers: numbers).words)
      // It merges equal constants, and leaves some operations alone.
      let shared = theirs.constants.filter {
        (41...43).contains($0.value[0] & 0xFFFF) && module.constants[$0.key] != nil
      }
      #expect(!shared.isEmpty)
      for (result, constant) in shared {
        #expect(ours.constants[result] == constant, "\(kernel.name): %\(result), from \(first)")
      }
    }
  }

  @Test("hints to unroll are taken back where asked")
  func loops() throws {
    let words = try Module(MatrixProductKernel.kernel).words
    let kept = SpecializedModule(words, numbers: [:], unrollsLoops: false).words
    #expect(kept != SpecializedModule(words, numbers: [:]).words)
  }

  @Test("operations on constants", arguments: Case.all)
  func operation(_ example: Case) {
    let operands = example.operands.map { UInt32(truncatingIfNeeded: $0) }
    let result = ConstantOperation.value(example.opcode, operands)
    #expect(result == example.result.map { UInt32(truncatingIfNeeded: $0) }, "\(example)")
  }

  /// An operation by its number in SPIR-V, operands, and the result; `nil` where there is none.
  struct Case: Sendable {
    let opcode: UInt32
    let operands: [Int]
    let result: Int?

    private init(_ opcode: UInt32, _ operands: [Int], _ result: Int?) {
      (self.opcode, self.operands, self.result) = (opcode, operands, result)
    }

    static let all = [
      Case(126, [5], -5), Case(200, [0], -1), Case(168, [1], 0), Case(124, [7], 7),
      Case(128, [-1, 2], 1), Case(130, [1, 2], -1), Case(132, [1 << 31, 2], 0),
      Case(134, [-1, 2], 0x7FFF_FFFF), Case(134, [1, 0], nil), Case(137, [-1, 10], 5),
      Case(135, [-7, 2], -3), Case(135, [-1 << 31, -1], nil), Case(135, [7, 0], nil),
      Case(138, [-7, 2], -1), Case(138, [7, -2], 1), Case(139, [-7, 2], 1), Case(139, [7, -2], -1),
      Case(139, [-6, 3], 0), Case(139, [-6, 0], nil), Case(194, [-1, 31], 1),
      Case(195, [-8, 1], -4), Case(196, [3, 31], 1 << 31), Case(196, [1, 32], nil),
      Case(197, [6, 3], 7), Case(198, [6, 3], 5), Case(199, [6, 3], 2),
      Case(164, [1, 1], 1), Case(165, [1, 0], 1), Case(166, [0, 1], 1), Case(167, [0, 1], 0),
      Case(170, [5, 5], 1), Case(171, [5, 5], 0), Case(172, [-1, 1], 1), Case(173, [-1, 1], 0),
      Case(174, [1, 1], 1), Case(175, [-2, -1], 0), Case(176, [1, -1], 1), Case(177, [1, -1], 0),
      Case(178, [2, 2], 1), Case(179, [-1, 0], 1),
      Case(169, [1, 8, 9], 8), Case(169, [0, 8, 9], 9),
      Case(148, [1, 2], nil), Case(128, [1, 2, 3], nil),
    ]
  }
}

/// What of a module the tests look at.
private struct Module {
  let words: [UInt32]
  /// Instructions of scalar and composite constants, by result.
  private(set) var constants: [UInt32: [UInt32]] = [:]
  /// Results of specialization constants that are integers, by their numbers.
  private(set) var integers: [UInt32: UInt32] = [:]
  /// Everything from the first function on.
  private(set) var functions: [UInt32] = []

  init(_ kernel: Kernel) throws {
    let data = try #require(Data(base64Encoded: Data(kernel.moduleBytes)))
    self.init(data.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) })
  }

  init(_ words: [UInt32]) {
    self.words = words
    var numbers: [UInt32: UInt32] = [:]
    var types: Set<UInt32> = []
    var index = 5
    while index < words.count {
      let (opcode, length) = (words[index] & 0xFFFF, Int(words[index] >> 16))
      let instruction = Array(words[index..<index + max(1, length)])
      switch opcode {
      case 21: types.insert(instruction[1])
      case 71 where instruction[2] == 1: numbers[instruction[1]] = instruction[3]
      case 41...44, 48...52: constants[instruction[2]] = instruction
      case 54:
        functions = Array(words[index...])
        return
      default: break
      }
      if opcode == 50, types.contains(instruction[1]), let number = numbers[instruction[2]] {
        integers[number] = instruction[2]
      }
      index += max(1, length)
    }
  }
}
