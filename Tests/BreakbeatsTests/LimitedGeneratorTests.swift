import BreakbeatTraining
import Breakbeats
import NeuralNetworks
import SpectralAudio
import Tensors
import Testing
import VulkanCompute

/// Generators on devices whose storage buffers hold a few loops of a batch, or not even one.
@Suite(
  "Generators under simulated limits", .opensDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
struct LimitedGeneratorTests {
  private static let program = GeneratorProgram.drawer(.decoded.withIterations(2), hop: 128)

  private func backend(maxStorageBufferRange range: Int) throws -> VulkanBackend {
    let name = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.adjustLimits = {
      $0.maxStorageBufferRange = min($0.maxStorageBufferRange, range)
    }
    return VulkanBackend(try Device(matching: name, options: options))
  }

  private func generator(on backend: VulkanBackend) throws -> BreakbeatGenerator {
    let folder = try ScratchFolder()
    let parameters = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
    _ = try BreakbeatVAE(.tiny, parameters)
    let path = folder("model.safetensors")
    try ModelFile.write(.tiny, variables: parameters.variables, latents: nil, to: path)
    return try BreakbeatGenerator(
      ModelFile(contentsOf: path), choice: BackendChoice(backend, reason: "tested"))
  }

  /// Spectra have 64 x 2 x 513 floats a loop: for eight loops more than 2 MiB.
  @Test func loopsDoNotDependOnTheBatchWhereTheLargestIsForbidden() async throws {
    let backend = try backend(maxStorageBufferRange: 2 << 20)
    let generator = try generator(on: backend)
    let all = try await generator.draw(count: 5, seed: 7, iterations: 2)
    let one = try await generator.draw([all[4].latents], iterations: 2)
    #expect(one == [all[4]])
    let sizes = await generator.batchSizes(of: Self.program)
    #expect(sizes.count == 2 && sizes.first == 1 && !sizes.contains(8), "\(sizes)")

    let needs = try GeneratorNeeds(of: [(Self.program, 8)], .tiny, on: backend)
    let largest = try #require(sizes.last)
    #expect(try needs == GeneratorNeeds(of: [(Self.program, largest)], .tiny, on: backend))
  }

  /// The spectrum of one loop has 257 KiB.
  @Test func aLoopThatALimitForbidsIsAnError() async throws {
    let backend = try backend(maxStorageBufferRange: 256 << 10)
    let generator = try generator(on: backend)
    await #expect {
      try await generator.loops(count: 8, seed: 7, iterations: 2)
    } throws: {
      ($0 as? VulkanError)?.code == .limitExceeded
    }
    let error = #expect(throws: VulkanError.self) {
      try GeneratorNeeds(of: [(Self.program, 8)], .tiny, on: backend)
    }
    #expect(error?.code == .limitExceeded)
  }
}
