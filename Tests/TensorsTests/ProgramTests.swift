import BreakbeatTraining
import Tensors
import Testing
import VulkanCompute

/// Every backend to test, and the CPU with a single thread.
private func backends() -> [any Backend] {
  [CPUBackend(threadCount: 1)] + TestDevice.all.map(\.backend)
}

@Suite struct ProgramTests {
  @Test func computesExpressionsOnEveryBackend() throws {
    for backend in backends() {
      let x = Tensor.input([2, 3])
      let y = x * x + Tensor.constant([10, 20, 30], shape: [3])
      let z = y / Tensor.constant([1, 2], shape: [2, 1])
      let program = try Program(outputs: [y, z], on: backend)
      let results = try program.run([x: [1, 2, 3, 4, 5, 6]])
      #expect(results[0] == [11, 24, 39, 26, 45, 66], "\(backend.name)")
      #expect(results[1] == [11, 24, 39, 13, 22.5, 33], "\(backend.name)")
    }
  }

  @Test func equalExpressionsAreComputedOnce() throws {
    let x = Tensor.input([4])
    let program = try Program(outputs: [exp(x) + exp(x), exp(x)], on: CPUBackend())
    #expect(program.report.steps == 2)
  }

  @Test func gradientsOfABroadcastProductSumOverTheBroadcastAxes() throws {
    for backend in backends() {
      let a = Tensor.input([2, 3])
      let b = Tensor.input([3])
      let gradients = (a * b).sum().gradients(withRespectTo: [a, b])
      let program = try Program(outputs: gradients, on: backend)
      let results = try program.run([a: [1, 2, 3, 4, 5, 6], b: [7, 8, 9]])
      #expect(results[0] == [7, 8, 9, 7, 8, 9], "\(backend.name)")
      #expect(results[1] == [5, 7, 9], "\(backend.name)")
    }
  }

  @Test func updatesAreInForceAfterTheRunThatMakesThem() throws {
    for backend in backends() {
      let weight = try Variable([1, 2, 3], shape: [3], name: "weight", on: backend)
      let other = try Variable([5, 5, 5], shape: [3], name: "other", on: backend)
      let doubled = Tensor(weight) * 2
      // Both updates must see both old values.
      let program = try Program(
        outputs: [doubled],
        updates: [
          Update(Assign(), of: [weight], from: [Tensor(weight) + Tensor(other)]),
          Update(Assign(), of: [other], from: [Tensor(weight) * 10]),
        ], on: backend)
      try program.run()
      #expect(try program.values(of: doubled) == [2, 4, 6], "\(backend.name)")
      #expect(try weight.values() == [6, 7, 8], "\(backend.name)")
      #expect(try other.values() == [10, 20, 30], "\(backend.name)")
      try program.run()
      #expect(try program.values(of: doubled) == [12, 14, 16], "\(backend.name)")
    }
  }

  @Test func outputsShowVariablesAsTheyWereBeforeTheRun() throws {
    for backend in backends() {
      let a = try Variable([1, 2], shape: [2], name: "a", on: backend)
      let b = try Variable([3, 4], shape: [2], name: "b", on: backend)
      let view = Tensor(a).reshaped(to: [2, 1])
      // The two change places: each update reads what the other writes, one through a view.
      let program = try Program(
        outputs: [Tensor(a), view],
        updates: [
          Update(Assign(), of: [a], from: [Tensor(b)]),
          Update(Assign(), of: [b], from: [view.reshaped(to: [2])]),
        ], on: backend)
      try program.run()
      #expect(try program.values(of: Tensor(a)) == [1, 2], "\(backend.name)")
      #expect(try program.values(of: view) == [1, 2], "\(backend.name)")
      #expect(try a.values() == [3, 4], "\(backend.name)")
      #expect(try b.values() == [1, 2], "\(backend.name)")
    }
  }

  @Test func outputsMayBeInputsVariablesAndViews() throws {
    for backend in backends() {
      let x = Tensor.input([2, 2])
      let weight = try Variable([4, 5], shape: [2], name: "weight", on: backend)
      let outputs = [x, Tensor(weight), x.reshaped(to: [4]), (x + 1).reshaped(to: [4, 1])]
      let results = try Program(outputs: outputs, on: backend).run([x: [1, 2, 3, 4]])
      #expect(results[0] == [1, 2, 3, 4], "\(backend.name)")
      #expect(results[1] == [4, 5], "\(backend.name)")
      #expect(results[2] == [1, 2, 3, 4], "\(backend.name)")
      #expect(results[3] == [2, 3, 4, 5], "\(backend.name)")
    }
  }

  @Test func intermediatesShareMemory() throws {
    let x = Tensor.input([1 << 16])
    let y = (0..<20).reduce(x) { value, _ in silu(value) }
    for backend in backends() {
      // Fused, there would be hardly any.
      let report = try Program(outputs: [y], on: backend, passes: []).report
      #expect(report.arenaByteCount <= 4 << 18, "\(backend.name): \(report)")
      #expect(report.unaliasedByteCount >= 20 << 18, "\(backend.name): \(report)")
    }
  }

  /// The program on the front page of the module's documentation.
  @Test func theExampleOfTheDocumentationLearns() throws {
    let backend = try BackendChoice().backend
    let weight = try Variable([0.1, -0.2, 0.3], shape: [3, 1], name: "weight", on: backend)
    let x = Tensor.input([4, 3])
    let y = Tensor.input([4, 1])
    let loss = square(matrixProduct(x, Tensor(weight)) - y).mean()
    let gradient = loss.gradients(withRespectTo: [Tensor(weight)])[0]
    let step = Update(Assign(), of: [weight], from: [Tensor(weight) - gradient * 0.1])

    let program = try Program(outputs: [loss], updates: [step], on: backend)
    try program.set(x, to: [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1])
    try program.set(y, to: [1, 2, 3, 6])
    for _ in 0..<1000 { try program.run() }
    #expect(try program.values(of: loss)[0] < 1e-6)
    for (value, expected) in zip(try weight.values(), [1, 2, 3]) {
      #expect(abs(value - Float(expected)) < 1e-3)
    }
  }

  @Test func aSoftwareDeviceIsNeverChosenSilently() throws {
    let choice = try BackendChoice()
    if let vulkan = choice.backend as? VulkanBackend {
      #expect(vulkan.device.description.kind != .software)
    }
    #expect(!choice.reason.isEmpty)
    #expect(throws: TensorError.self) { try BackendChoice(matching: "no such device") }
  }

  @Test func aDeviceWithFewStorageBuffersIsPassedOver() {
    var limits = DeviceLimits()
    let poor = DeviceDescription(
      index: 0, name: "Large", kind: .discrete, memoryByteCount: 8 << 30, limits: limits)
    limits.maxPerStageDescriptorStorageBuffers = 8
    let able = DeviceDescription(
      index: 1, name: "Small", kind: .integrated, memoryByteCount: 4 << 30, limits: limits)
    let software = DeviceDescription(
      index: 2, name: "Soft", kind: .software, memoryByteCount: 64 << 30, limits: limits)
    #expect(DeviceDescription.automatic(among: [poor, able, software]) == able)
    #expect(DeviceDescription.automatic(among: [poor, software]) == nil)
    let obstacle = DeviceDescription.obstacle(among: [poor, software])
    #expect(obstacle == "kernels use up to 8 storage buffers, Large allows 4")
    #expect(DeviceDescription.obstacle(among: [software]) == "only software Vulkan devices: Soft")
    #expect(DeviceDescription.obstacle(among: []) == "no Vulkan device")
  }

  @Test func withoutAVulkanLibraryTheProcessorIsChosenAndTheReasonSaid() throws {
    var options = Device.Options()
    options.libraryPath = "/nowhere/libvulkan.so.1"
    let choice = try BackendChoice(options: options)
    #expect(choice.backend is CPUBackend)
    #expect(choice.reason.contains("Vulkan"))
  }
}
