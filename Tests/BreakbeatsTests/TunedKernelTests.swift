import BreakbeatTraining
import Tensors
import Testing
import VulkanCompute
import VulkanProbe

/// Kernels that a driver fails to compile with a tuned tile, made to fail.
@Suite(
  "Tuned kernels that do not compile", .serialized, .opensDevices,
  .enabled(if: !TestDevice.vulkan.isEmpty))
struct TunedKernelTests {
  private let left = Tensor.input([64, 48])
  private let right = Tensor.input([48, 32])
  private var product: Tensor { matrixProduct(left, right) }

  private var inputs: [Tensor: [Float]] {
    let numbers = { (count: Int) in (0..<count).map { Float($0 % 13) - 6 } }
    return [left: numbers(left.shape.count), right: numbers(right.shape.count)]
  }

  private func open() throws -> Device {
    _ = try #require(vulkan_probe_entry())
    let name = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.entryPoint = {
      guard let entry = vulkan_probe_entry() else { preconditionFailure("no Vulkan loader") }
      return entry
    }
    options.pipelineCache = .none
    options.verification.shuffleSeed = nil
    return try Device(matching: name, options: options)
  }

  /// A choice that the rule would not make.
  private func choices(for output: Tensor, on device: Device) throws -> TileChoices {
    let needs = try Program.memory(outputs: [output], on: VulkanBackend(device))
    let problem = try #require(needs.problems.first)
    let candidates = ProductTile.candidates(for: problem, on: TileTarget(device))
    var choices = TileChoices()
    #expect(candidates.count > 1)
    choices[problem] = candidates.last
    return choices
  }

  /// Makes the next pipeline fail for a reason that no driver explains.
  private func failToCompile() { vulkan_probe_fail("vkCreateComputePipelines", 0, -13) }

  @Test func theRulesTilesTakeTheirPlace() throws {
    vulkan_probe_reset()
    defer { vulkan_probe_reset() }
    let device = try open()
    let output = product
    let plain = VulkanBackend(device)
    let choices = try choices(for: output, on: device)
    let tuned = VulkanBackend(device, tileChoices: choices)

    failToCompile()
    let program = try Program(outputs: [output], on: tuned, label: "a tuned product")
    #expect(vulkan_probe_failed() != nil)
    vulkan_probe_reset()
    let note = try #require(tuned.notes.first)
    #expect(program.report.notes.contains(note) && tuned.notes.count == 1)
    #expect(note.contains("a tuned product: ") && note.contains("tuned tile"), "\(note)")
    let expected = try Program(outputs: [output], on: plain).run(inputs)
    #expect(try program.run(inputs) == expected)
    // The next one compiles as tuned, and nothing is said.
    let next = try Program(outputs: [output], on: tuned)
    #expect(next.report.notes.isEmpty && tuned.notes.count == 1)
  }

  @Test func theRulesOwnFailureIsAnError() throws {
    vulkan_probe_reset()
    defer { vulkan_probe_reset() }
    let device = try open()
    let output = product
    let choices = try choices(for: output, on: device)
    // Without choices, and where a tuner measures one.
    let insisting = VulkanBackend(device, tileChoices: choices, insistsOnChoices: true)
    for backend in [VulkanBackend(device), insisting] {
      failToCompile()
      let error = #expect(throws: VulkanError.self) {
        _ = try Program(outputs: [output], on: backend)
      }
      #expect(error?.code == .driver && backend.notes.isEmpty)
    }
  }
}
