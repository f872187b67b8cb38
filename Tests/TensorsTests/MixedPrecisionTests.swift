import BreakbeatTraining
import Tensors
import Testing
import VulkanCompute

/// Programs whose feature maps are stored in 16 bits: which are, to which bits, and how far results
/// are from those in 32 bits.
@Suite("Mixed precision", .sharesDevices)
struct MixedPrecisionTests {
  /// Devices that can store 16 bits.
  private static let able = TestDevice.all.filter { $0.backend.halfStorageObstacle == nil }

  /// The half next to a number, of two equally near ones the even one, as a single: by its
  /// definition, in double precision.
  private func half(_ x: Float) -> Float {
    guard x.isFinite, x != 0 else { return x }
    let magnitude = Double(x.magnitude)
    // Distance between halves around x.
    let place = max(Double(sign: .plus, exponent: magnitude.exponent - 10, significand: 1), 0x1p-24)
    let rounded = (magnitude / place).rounded(.toNearestOrEven) * place
    let half = rounded > 65504 ? Float.infinity : Float(rounded)
    return x < 0 ? -half : half
  }

  /// Every half, the numbers halfway between neighbours, and those just beside.
  private static let numbers: [Float] = {
    let halves = (UInt16(0)..<0x7C00).map { bits -> Float in
      let (exponent, fraction) = (Int(bits >> 10), Float(bits & 0x3FF))
      return exponent == 0
        ? fraction * 0x1p-24
        : Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
    }
    let ties = zip(halves, halves.dropFirst()).map { ($0 + $1) / 2 }
    let beyond: [Float] = [65519.996, 65520, 65536, 1e30, .infinity, 1e-9, 0x1p-25, 0x1.8p-25]
    let positive = halves + ties + ties.map(\.nextUp) + ties.map(\.nextDown) + beyond
    return positive + positive.map { -$0 }
  }()

  @Test("what is stored is the nearest half", arguments: able)
  func rounds(_ device: TestDevice) throws {
    let numbers = Self.numbers + [Float](repeating: 0, count: Self.numbers.count % 2)
    // Written by a chain, read by a convolution that turns the sign back.
    let x = Tensor.input([1, 1, 2, numbers.count / 2])
    let y = convolution(x * -1, weight: .constant([-1], shape: [1, 1, 1, 1]))
    let program = try Program(outputs: [y], on: device.backend, precision: .mixed)
    #expect(program.report.halfStorage?.mapCount == 1)
    let found = try program.run([x: numbers])[0]
    for (number, result) in zip(numbers, found) where result != half(number) {
      Issue.record("\(device): \(number) became \(result), not \(half(number))")
      break
    }
    let wide = try Program(outputs: [y], on: device.backend).run([x: numbers])[0]
    #expect(wide == numbers)
    let broken = try program.run([x: [Float](repeating: .nan, count: numbers.count)])[0]
    #expect(broken.allSatisfy { $0.isNaN })
    expectNoMisuse(device)
  }

  /// Two layers, their loss and its gradients.
  private struct Network {
    let x = Tensor.input([2, 3, 10, 14])
    let first = Tensor.input([8, 3, 4, 4])
    let bias = Tensor.input([8])
    let second = Tensor.input([8, 1, 4, 4])
    let scale = Tensor.input([8])
    let outputs: [Tensor]

    init() {
      let convolved = convolution(x, weight: first, bias: bias, stride: 2, padding: 1)
      let activated = silu(groupNormalization(convolved, groups: 4, weight: scale, bias: bias))
      let decoded = transposedConvolution(activated, weight: second, stride: 2, padding: 1)
      let loss = square(decoded - x.sliced(axis: 1, 0..<1)).mean()
      outputs = [loss] + loss.gradients(withRespectTo: [first, bias, second, scale])
    }

    var inputs: [Tensor: [Float]] {
      let tensors = [x, first, bias, second, scale]
      return Dictionary(
        uniqueKeysWithValues: tensors.enumerated().map {
          ($1, OperationCheck.numbers($1.shape.count, seed: UInt64($0) + 1))
        })
    }
  }

  /// The largest difference relative to the largest number of each tensor.
  private func distance(_ a: [[Float]], _ b: [[Float]]) -> Float {
    zip(a, b).reduce(0) { worst, pair in
      let scale = pair.1.reduce(1e-6) { max($0, abs($1)) }
      return zip(pair.0, pair.1).reduce(worst) { max($0, abs($1.0 - $1.1) / scale) }
    }
  }

  /// A rounding is 2^-11 = 4.9e-4 of a number; a handful of maps lie between input and gradient. All
  /// devices round the same maps, so that they differ by less from each other.
  @Test("results are within 4e-3 of float32, and the same bits twice", arguments: able)
  func isNearFloat32(_ device: TestDevice) throws {
    let network = Network()
    let wide = try Program(outputs: network.outputs, on: device.backend).run(network.inputs)
    let program = try Program(outputs: network.outputs, on: device.backend, precision: .mixed)
    let mixed = try program.run(network.inputs)
    #expect(distance(mixed, wide) < 4e-3, "\(device): \(distance(mixed, wide))")
    #expect(distance(mixed, wide) > 1e-6, "nothing was rounded")
    let again = try Program(outputs: network.outputs, on: device.backend, precision: .mixed)
    #expect(try again.run(network.inputs) == mixed)
    let cpu = try Program(outputs: network.outputs, on: TestDevice.cpu.backend, precision: .mixed)
    let expected = try cpu.run(network.inputs)
    #expect(distance(mixed, expected) < 2e-3, "\(device): \(distance(mixed, expected))")
    expectNoMisuse(device)
  }

  @Test func mapsAreHalvedAndNothingElse() throws {
    let network = Network()
    let backend = TestDevice.cpu.backend
    let program = try Program(outputs: network.outputs, on: backend, precision: .mixed)
    let report = try #require(program.report.halfStorage)
    // Convolved, activated, the difference, the gradients of the decoded, activated and convolved.
    #expect(report.mapCount == 6)
    let (small, large) = (2 * 8 * 5 * 7, 2 * 10 * 14)
    #expect(report.elementCount == 4 * small + 2 * large)
    let wide = try Program(outputs: network.outputs, on: backend)
    #expect(wide.report.halfStorage == nil)
    #expect(report.float32BytesMoved == wide.report.total.bytesMoved)
    #expect(report.bytesMoved == program.report.total.bytesMoved)
    #expect(report.arenaByteCount < report.float32ArenaByteCount)
    // An output is no map of the program's own.
    let product = convolution(network.x, weight: network.first, padding: 1)
    let alone = try Program(outputs: [product], on: backend, precision: .mixed)
    #expect(alone.report.halfStorage == nil)
  }

  @Test func adviceBeforeAProgramOnADeviceWithout() throws {
    let x = Tensor.input([2])
    let unable = TestDevice.vulkan.filter { $0.backend.halfStorageObstacle != nil }
    for backend in [LackingBackend()] + unable.map(\.backend) {
      let error = #expect(throws: TensorError.self) {
        _ = try Program(outputs: [exp(x)], on: backend, precision: .mixed)
      }
      #expect(error?.code == .unsupported)
      let message = error?.message ?? ""
      #expect(message.contains(backend.name) && message.contains("16-bit storage"), "\(message)")
      #expect(message.contains("float32"), "\(message)")
      _ = try Program(outputs: [exp(x)], on: backend)
    }
  }

  private func expectNoMisuse(_ device: TestDevice) {
    let messages = device.validationMessages() ?? []
    #expect(messages.isEmpty, "\(device): \(messages.prefix(3))")
  }
}

/// A device of yesteryear.
private final class LackingBackend: Backend {
  private let cpu = CPUBackend(threadCount: 1)
  let name = "an old device"
  let halfStorageObstacle: String? = "it has no 16-bit storage"
  var availableByteCount: Int { cpu.availableByteCount }

  func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage {
    try cpu.makeStorage(byteCount: byteCount, label: label)
  }
  func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    try cpu.compile(plan, options: options)
  }
  func memory(of plan: Plan) throws -> ProgramMemory { cpu.memory(of: plan) }
}
