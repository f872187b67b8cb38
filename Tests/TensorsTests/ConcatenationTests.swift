import BreakbeatTraining
import Tensors
import Testing
import VulkanCompute

/// What a concatenation costs on a device; what it computes is ``ShapeChangeTests``' matter.
@Suite("Concatenation on a device", .sharesDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
struct ConcatenationTests {
  /// Barriers of a program that joins inputs.
  private func barriers(_ shapes: [Shape], axis: Int) throws -> Int {
    let backend = try #require(TestDevice.vulkan.first?.backend as? VulkanBackend)
    let joined = concatenated(shapes.map { Tensor.input($0) }, axis: axis)
    return try Program(outputs: [joined], on: DeclaringBackend(backend.device)).report.barriers
  }

  /// Two are needed: behind the inputs' uploads, and before the result is read.
  @Test(arguments: [2, 3, 40])
  func numbersDoNotWaitForEachOther(_ count: Int) throws {
    #expect(try barriers([Shape](repeating: [1], count: count), axis: 0) == 2)
  }

  @Test func rowsDoNotWaitForEachOther() throws {
    #expect(try barriers([[3, 5], [2, 5], [1, 5]], axis: 0) == 2)
    #expect(try barriers([[1, 5], [1, 2], [1, 7]], axis: 1) == 2)
  }

  /// Their bytes lie between each other's.
  @Test func columnsWait() throws {
    #expect(try barriers([[3, 5], [3, 2], [3, 1]], axis: 1) == 4)
  }
}
