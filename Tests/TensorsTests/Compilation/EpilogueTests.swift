import BreakbeatTraining
import Tensors
import Testing
import VulkanCompute

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Products that take the chain behind them along: which do, and that the numbers are right.
@Suite("Epilogues of products", .serialized)
struct EpilogueTests {
  private static let cpu = CPUBackend(threadCount: 1)
  private static let unfused = CompilePasses.all.subtracting(.epilogues)

  private func names(_ outputs: [Tensor], passes: CompilePasses = .all) throws -> [String] {
    let program = try Program(outputs: outputs, on: Self.cpu, passes: passes)
    return program.report.kinds.flatMap { kind in
      Array(repeating: kind.name, count: kind.cost.count)
    }
  }

  private let x = Tensor.input([2, 3, 9, 7])
  private let weight = Tensor.input([3, 3, 3, 3])
  private let bias = Tensor.input([3])

  private func layer(_ x: Tensor) -> Tensor {
    convolution(x, weight: weight, bias: bias, padding: 1)
  }

  @Test func biasActivationAndResidualArePartOfTheProduct() throws {
    #expect(try names([relu(layer(x)) + x]) == ["fused convolution"])
    #expect(try names([silu(layer(x) + x)]) == ["fused convolution"])
    let transposed = transposedConvolution(x, weight: weight, bias: bias, stride: 2)
    #expect(try names([tanh(transposed * 2)]) == ["fused transposed convolution"])
    let (a, b) = (Tensor.input([5, 6]), Tensor.input([6, 4]))
    let product = matrixProduct(a, b) + Tensor.input([4])
    #expect(try names([gelu(product) * Tensor.input([5, 4])]) == ["fused matrix product"])
    // A batch is one tall matrix; the chain sees it through a view.
    let batch = matrixProduct(.input([2, 5, 6]), b)
    #expect(try names([sigmoid(batch + Tensor.input([4]))]) == ["fused matrix product"])
    #expect(try names([relu(layer(x)) + x], passes: Self.unfused).count == 2)
  }

  @Test func gradientsByInputTakeDerivativesAlong() throws {
    let upstream = Tensor.input([2, 3, 9, 7])
    let y = convolution(silu(x), weight: weight, padding: 1)
    let gradient = y.gradients(withRespectTo: [x], upstream: upstream)
    #expect(try names(gradient) == ["fused transposed convolution"])
    #expect(try names(gradient, passes: Self.unfused).count == 2)
    let a = Tensor.input([5, 6])
    let z = matrixProduct(tanh(a), Tensor.input([6, 4]))
    let byLeft = z.gradients(withRespectTo: [a], upstream: Tensor.input([5, 4]))
    #expect(try names(byLeft) == ["fused matrix product"])
  }

  @Test func whatOthersReadIsStored() throws {
    let y = layer(x)
    #expect(try names([y, relu(y)]) == ["convolution", "leaky ReLU"])
    #expect(try names([relu(y), y.sum(over: [0])]).contains("convolution"))
    // Two chains read it; a reduction reads it.
    #expect(try names([relu(y), tanh(y)]) == ["convolution", "leaky ReLU", "tanh"])
    #expect(try names([square(y).sum()]) == ["convolution", "fused sum"])
    // An update reads it.
    let state = try Variable(
      [Float](repeating: 0, count: y.shape.count), shape: y.shape, name: "state", on: Self.cpu)
    let program = try Program(
      outputs: [relu(y)], updates: [Update(Assign(), of: [state], from: [y])], on: Self.cpu)
    #expect(program.report.kinds.contains { $0.name == "convolution" })
  }

  @Test func aChainWithSeveralReadersIsStoredOnceInsteadOfTheProduct() throws {
    let target = Tensor.input([2, 3, 9, 7])
    let difference = layer(x) - target
    let loss = square(difference).sum()
    #expect(
      try names([loss, difference * 2]) == ["fused convolution", "fused sum", "affine"])
  }

  @Test func aProductBelongsToOneChainAndAChainToOneProduct() throws {
    let steps = try names([relu(layer(x) + convolution(x, weight: weight * 2, padding: 1))])
    #expect(steps.filter { $0 == "fused convolution" }.count == 1)
    #expect(steps.filter { $0 == "convolution" }.count == 1)
    // The same product twice in one chain.
    let y = layer(x)
    #expect(try names([y * sigmoid(y)]) == ["fused convolution"])
  }

  @Test func chainsSeeProductsThroughViews() throws {
    let numbers = [x, weight, bias].map { ($0, OperationCheck.numbers($0.shape.count, seed: 3)) }
    let inputs = Dictionary(uniqueKeysWithValues: numbers)
    for shape in [[2 * 3 * 9 * 7], [6, 63], [3, 2, 7, 9], [2, 3, 63]] as [Shape] {
      let y = transposedConvolution(x, weight: weight, bias: bias, padding: 1)
      let z = silu(y.reshaped(to: shape) * 2)
      #expect(try names([z]) == ["fused transposed convolution"])
      let backends = [Self.cpu] + TestDevice.vulkan.prefix(1).map(\.backend)
      let plain = try Program(outputs: [z], on: Self.cpu, passes: []).run(inputs)[0]
      for backend in backends {
        let fused = try Program(outputs: [z], on: backend).run(inputs)[0]
        #expect(zip(fused, plain).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
      }
    }
  }

  @Test func whatDoesNotFitStaysApart() throws {
    // The product, the bias and five more are one too many.
    let others = (0..<5).map { _ in Tensor.input([2, 3, 9, 7]) }
    let sum = others.reduce(layer(x)) { $0 + $1 }
    let steps = try names([sum])
    #expect(steps.contains("convolution") && steps.count == 2)
    // A product that its own chain repeats along an axis.
    let (a, b) = (Tensor.input([1, 6]), Tensor.input([6, 4]))
    let product = matrixProduct(a, b)
    #expect(try names([relu(product + Tensor.input([3, 4]))]).contains("matrix product"))
  }

  @Test func reportsCountWhatIsSpared() throws {
    let fused = try Program(outputs: [relu(layer(x))], on: Self.cpu).report
    let plain = try Program(outputs: [relu(layer(x))], on: Self.cpu, passes: Self.unfused).report
    let bytes = 4 * x.shape.count
    #expect(plain.total.bytesMoved - fused.total.bytesMoved == 2 * bytes)
    #expect(fused.total.minimumByteCount == plain.total.minimumByteCount)
    #expect(fused.arenaByteCount < plain.arenaByteCount && fused.steps == 1)
  }

  /// A product, a chain behind it, and what comes out, in `Double`.
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let inputs: [OperationCheck.Input]
    let result: Tensor
    let expected: [Double]
    let bounds: [Double]

    /// silu(p + b) · s + r, with b by channel (or column), s by column and r by position.
    init(_ product: TiledProduct, usesSlowFunction: Bool = false) {
      let shape = product.result.shape
      let isMatrix = product.problem.kind == .matrixProduct
      let channels = shape[isMatrix ? -1 : 1]
      let area = isMatrix ? 1 : shape[2] * shape[3]
      let b = OperationCheck.Input(isMatrix ? [channels] : [channels, 1, 1], seed: 11)
      let s = OperationCheck.Input([shape[-1]], seed: 12)
      let r = OperationCheck.Input(shape, seed: 13)
      inputs = product.inputs + [b, s, r]
      let activated = product.result + b.tensor
      result =
        (usesSlowFunction ? softplus(activated) : silu(activated)) * s.tensor + r.tensor
      let expected = product.expected.indices.map { i in
        let z = product.expected[i] + Double(b.values[i / area % channels])
        let y = usesSlowFunction ? max(z, 0) + log1p(exp(-abs(z))) : z / (1 + exp(-z))
        return y * Double(s.values[i % shape[-1]]) + Double(r.values[i])
      }
      // Neither function is steeper than 1.1, no factor larger than 2; then a few roundings.
      self.expected = expected
      bounds = product.bounds.indices.map { i in
        2.2 * product.bounds[i] + 2e-6 * (abs(expected[i]) + abs(product.expected[i]) + 4)
      }
      testDescription = "\(product)"
    }
  }

  private static let cases =
    ProductTileTests.awkward.filter { $0.problem.kind != .byWeight }.enumerated().map {
      Case($1, usesSlowFunction: $0 % 5 == 4)
    }

  private func check(
    _ cases: [Case], on backend: any Backend, passes: CompilePasses = .all, _ what: String
  ) throws {
    let program = try Program(
      outputs: cases.map(\.result), on: backend, label: what, passes: passes)
    let fused = program.report.kinds.filter { $0.name.hasPrefix("fused ") }
      .filter { $0.name.contains("convolution") || $0.name.contains("product") }
    let count = fused.reduce(0) { $0 + $1.cost.count }
    #expect(count == (passes.contains(.epilogues) ? cases.count : 0), "\(what): \(count) fused")
    for test in cases {
      for input in test.inputs { try program.set(input.tensor, to: input.values) }
    }
    try program.run()
    let first = try cases.map { try program.values(of: $0.result) }
    for (test, values) in zip(cases, first) {
      try #require(values.count == test.expected.count)
      let wrong = values.indices.first {
        !(abs(Double(values[$0]) - test.expected[$0]) <= test.bounds[$0])
      }
      let index = wrong ?? 0
      #expect(
        wrong == nil,
        "\(test), \(what), result \(index): \(values[index]) for \(test.expected[index])")
    }
    // Again the same bits.
    try program.run()
    for (test, values) in zip(cases, first) {
      let again = try program.values(of: test.result)
      #expect(values.map(\.bitPattern) == again.map(\.bitPattern), "\(test), \(what)")
    }
  }

  @Test("awkward shapes on the CPU, for each instruction set")
  func awkwardOnTheCPU() throws {
    let backends: [CPUBackend] =
      [CPUBackend()] + CPUInstructionSet.all.compactMap(CPUBackend.init)
    for backend in backends {
      try check(Self.cases, on: backend, backend.name)
      try check(Self.cases, on: backend, passes: Self.unfused, "\(backend.name), unfused")
    }
  }

  /// Wide and deep ones, which the CPU cuts into bands, blocks of channels and blocks of depth.
  @Test("large products on the CPU")
  func largeOnTheCPU() throws {
    let usual = ConvolutionGeometry(stride: 2, padding: 1)
    let cases: [Case] = [
      .init(.init(.forward, picture: [1, 40, 40, 66], weight: [17, 40, 4, 4], usual)),
      .init(.init(.byInput, picture: [1, 9, 40, 66], weight: [48, 9, 4, 4], usual)),
      .init(.init(.forward, picture: [3, 70, 6, 6], weight: [19, 70, 3, 3], .init(padding: 1))),
      .init(.init(.byInput, picture: [3, 10, 8, 8], weight: [150, 10, 4, 4], usual)),
      .init(.init([70, 600], [600, 300], transposes: (false, false))),
      .init(.init([2, 9, 300], [2, 300, 37], transposes: (false, false))),
    ]
    for backend in [CPUBackend()] + CPUInstructionSet.all.compactMap(CPUBackend.init) {
      try check(cases, on: backend, backend.name)
    }
  }

  private var device: Device? { (TestDevice.vulkan.first?.backend as? VulkanBackend)?.device }

  @Test("awkward shapes on a Vulkan device", .enabled(if: !TestDevice.vulkan.isEmpty))
  func awkwardOnVulkan() throws {
    let device = try #require(device)
    try check(Self.cases, on: VulkanBackend(device), "\(device.description.name)")
  }

  /// Tiles of hardware with constants for sizes, and inner sums in pieces, which are merged by
  /// another kernel.
  @Test("other tiles and split sums on a Vulkan device", .enabled(if: !TestDevice.vulkan.isEmpty))
  func tilesOnVulkan() throws {
    let device = try #require(device)
    let products = ProductTileTests.awkward.filter { $0.problem.kind != .byWeight }
    let target = TileTarget(maxInvocations: 128, sharedMemoryByteCount: 16384)
    for chunks in [1, 3] {
      var (choices, cases) = (TileChoices(), [Case]())
      for (index, product) in products.enumerated() where (index + chunks) % 3 != 0 {
        var tile = ProductTile(for: product.problem, on: target)
        guard tile.method == .tiled || chunks == 1 else { continue }
        if tile.method == .tiled { tile.chunks = min(chunks, max(1, product.problem.depth / 8)) }
        choices[product.problem] = tile
        cases.append(Case(product, usesSlowFunction: index % 5 == 4))
      }
      let backend = VulkanBackend(device, tileChoices: choices, insistsOnChoices: true)
      try check(cases, on: backend, "\(chunks) chunks")
    }
  }

  /// The least that Vulkan guarantees are four storage buffers: nothing is fused there that needs
  /// more.
  @Test("devices with few storage buffers", .enabled(if: !TestDevice.vulkan.isEmpty))
  func fewStorageBuffers() throws {
    let name = try #require(TestDevice.vulkan.first?.description)
    let y = relu(layer(x)) + x
    let numbers = [x, weight, bias].map { ($0, OperationCheck.numbers($0.shape.count, seed: 3)) }
    let expected = try Program(outputs: [y], on: Self.cpu, passes: [])
      .run(Dictionary(uniqueKeysWithValues: numbers))[0]
    for (limit, steps) in [(4, 3), (7, 2), (8, 1)] {
      var options = Device.Options()
      options.adjustLimits = { $0.maxPerStageDescriptorStorageBuffers = limit }
      let backend = VulkanBackend(try Device(matching: name, options: options))
      let program = try Program(outputs: [y], on: backend)
      #expect(program.report.steps == steps, "\(limit) buffers")
      let values = try program.run(Dictionary(uniqueKeysWithValues: numbers))[0]
      #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
    }
  }
}
