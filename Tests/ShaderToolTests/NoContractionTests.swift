import Foundation
import TensorKernels
import Testing
import VulkanCompute

/// Modules whose arithmetic drivers may not contract.
@Suite("No contraction")
struct NoContractionTests {
  @Test("every arithmetic instruction once, and nothing else changes", arguments: everyKernel)
  func complete(_ kernel: Kernel) throws {
    let data = try #require(Data(base64Encoded: Data(kernel.moduleBytes)))
    let before = data.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
    let after = NoContraction.decorating(before)
    let results = instructions(of: after).filter { arithmetic.contains($0[0] & 0xFFFF) }
      .map { $0[2] }
    let decorated = { (words: [UInt32]) in
      instructions(of: words).filter(isDecoration).map { $0[1] }
    }
    // `precise` in a shader decorates more than arithmetic.
    #expect(Set(decorated(after)) == Set(results).union(decorated(before)))
    #expect(Set(decorated(after)).count == decorated(after).count)
    let rest = { (words: [UInt32]) in
      instructions(of: words).filter { !isDecoration($0) }
    }
    #expect(rest(after) == rest(before))
    #expect(NoContraction.decorating(after) == after)
  }

  @Test("valid for Vulkan 1.2", .enabled(if: program("spirv-val") != nil), arguments: everyKernel)
  func valid(_ kernel: Kernel) throws {
    let validator = try #require(program("spirv-val"))
    let data = try #require(Data(base64Encoded: Data(kernel.moduleBytes)))
    let words = data.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    try NoContraction.decorating(words).withUnsafeBytes { Data($0) }.write(to: file)
    let outcome = try ShaderWorkspace.run(validator, ["--target-env", "vulkan1.2", file.path])
    #expect(outcome.status == 0, "\(kernel.name): \(outcome.messages)")
  }

  @Test("what is no module stays as it is", arguments: [[], [1, 2, 3], [1, 2, 3, 4, 5, 0, 7]])
  func damaged(_ words: [UInt32]) { #expect(NoContraction.decorating(words) == words) }

  /// OpFNegate, OpFAdd, OpFSub, OpFMul, OpFDiv, OpFRem, OpFMod, OpVectorTimesScalar ... OpDot.
  private let arithmetic: [UInt32] = [127, 129, 131, 133, 136, 140, 141] + (142...148)

  private func isDecoration(_ instruction: [UInt32]) -> Bool {
    instruction.count == 3 && instruction[0] & 0xFFFF == 71 && instruction[2] == 42
  }

  private func instructions(of words: [UInt32]) -> [[UInt32]] {
    var result: [[UInt32]] = []
    var index = 5
    while index < words.count {
      let length = max(1, Int(words[index] >> 16))
      result.append(Array(words[index..<min(words.count, index + length)]))
      index += length
    }
    return result
  }
}
