import BreakbeatTraining
import Tensors
import Testing

/// The same bits on every instruction set, with every tile, however sums are cut on the way.
@Suite("Reproducible arithmetic", .sharesDevices)
struct ReproducibilityTests {
  /// Products, large enough that the CPU cuts them into bands and blocks of channels and of depth.
  private static let large: [TiledProduct] = {
    let usual = ConvolutionGeometry(stride: 2, padding: 1)
    return [
      .init(.forward, picture: [1, 40, 40, 66], weight: [17, 40, 4, 4], usual),
      .init(.byInput, picture: [1, 9, 40, 66], weight: [48, 9, 4, 4], usual),
      .init(.byInput, picture: [1, 1, 40, 66], weight: [48, 1, 4, 4], usual),
      .init(.forward, picture: [3, 70, 6, 6], weight: [19, 70, 3, 3], .init(padding: 1)),
      .init(.byInput, picture: [3, 10, 8, 8], weight: [150, 10, 4, 4], usual),
      .init(.byInput, picture: [1, 3, 16, 128], weight: [300, 3, 4, 4], usual),
      .init([70, 600], [600, 300], transposes: (false, false)),
      .init([2, 9, 300], [2, 300, 37], transposes: (false, false)),
    ]
  }()

  private static var products: [TiledProduct] {
    (ProductTileTests.awkward + large).filter { $0.problem.kind != .byWeight }
  }

  private func bits(of cases: [TiledProduct], on backend: any Backend) throws -> [[UInt32]] {
    let program = try Program(
      outputs: cases.map(\.result), on: backend, arithmetic: .reproducible)
    for test in cases {
      for input in test.inputs { try program.set(input.tensor, to: input.values) }
    }
    try program.run()
    return try cases.map { try program.values(of: $0.result).map(\.bitPattern) }
  }

  /// One chain in the order of the inner index, rounded after each product and each sum.
  @Test("sums are one chain by rising inner index")
  func order() throws {
    let test = TiledProduct([3, 700], [700, 5], transposes: (false, false))
    let (a, b) = (test.inputs[0].values, test.inputs[1].values)
    var expected: [UInt32] = []
    for index in 0..<15 {
      let (row, column) = (index / 5, index % 5)
      var sum: Float = 0
      for k in 0..<700 { sum += a[row * 700 + k] * b[k * 5 + column] }
      expected.append(sum.bitPattern)
    }
    for backend in OperationCheck.backends {
      #expect(try bits(of: [test], on: backend) == [expected], "\(backend.name)")
    }
  }

  @Test("products have the same bits on every instruction set and device")
  func products() throws {
    let expected = try bits(of: Self.products, on: CPUBackend(threadCount: 1))
    for (test, values) in zip(Self.products, expected) {
      let wrong = values.indices.first {
        abs(Double(Float(bitPattern: values[$0])) - test.expected[$0]) > 2 * test.bounds[$0]
      }
      #expect(wrong == nil, "\(test.problem): result \(wrong ?? 0)")
    }
    for backend in OperationCheck.backends {
      let found = try bits(of: Self.products, on: backend)
      for (test, pair) in zip(Self.products, zip(found, expected)) {
        #expect(pair.0 == pair.1, "\(test.problem) on \(backend.name)")
      }
    }
  }

  @Test("every kind of tile has the same bits", arguments: TestDevice.vulkan)
  func tiles(_ device: TestDevice) throws {
    let device = try #require((device.backend as? VulkanBackend)?.device)
    let target = TileTarget(device)
    let cases = Self.products.filter { $0.problem.multiplications < 1e6 }
    let expected = try bits(of: cases, on: CPUBackend())
    for hardware in [
      TileTarget(maxInvocations: 128, sharedMemoryByteCount: 16384), TileTarget(),
    ] {
      var choices = TileChoices()
      for test in cases {
        var tile = ProductTile(for: test.problem, on: hardware)
        guard tile.suits(test.problem, on: target) else { continue }
        // What was tuned for other programs may cut sums.
        if tile.method == .tiled { tile.chunks = min(3, max(1, test.problem.depth / 8)) }
        choices[test.problem] = tile
      }
      let backend = VulkanBackend(device, tileChoices: choices, insistsOnChoices: true)
      let found = try bits(of: cases, on: backend)
      for (test, pair) in zip(cases, zip(found, expected)) {
        #expect(pair.0 == pair.1, "\(test.problem) with a tile for \(hardware)")
      }
    }
  }

  /// Rows of one element, of less than a piece, of whole pieces, and of more than 64.
  @Test("statistics of rows of any length", arguments: [1, 3, 64, 1000, 1024, 5000, 70_000])
  func statistics(_ length: Int) throws {
    let x = OperationCheck.Input([2, 2, length], seed: UInt64(length))
    let outputs = [
      groupNormalization(x.tensor, groups: 2), groupNormalization(x.tensor, groups: 1),
      batchNormalization(x.tensor),
    ]
    let usual = try Program(outputs: outputs, on: CPUBackend()).run([x.tensor: x.values])
    let expected = try Program(outputs: outputs, on: CPUBackend(), arithmetic: .reproducible)
      .run([x.tensor: x.values])
    for (one, other) in zip(usual.joined(), expected.joined()) {
      #expect(abs(one - other) < 1e-5)
    }
    for backend in OperationCheck.backends {
      let found = try Program(outputs: outputs, on: backend, arithmetic: .reproducible)
        .run([x.tensor: x.values])
      #expect(found == expected, "\(backend.name)")
    }
  }

  /// Arguments over the whole range, also where the functions end.
  @Test("functions of one number")
  func functions() throws {
    var numbers: [Float] = [0, -0]
    for index in 0..<4064 {
      let significand = 1 + Float(index % 16) / 16
      let size = Float(sign: .plus, exponent: index / 16 - 126, significand: significand)
      numbers.append(index % 2 == 0 ? size : -size)
    }
    let x = OperationCheck.Input([numbers.count], numbers)
    let size = abs(x.tensor)
    let outputs = [
      exp(x.tensor), sqrt(size), reciprocal(x.tensor), sigmoid(x.tensor), silu(x.tensor),
      tanh(x.tensor), x.tensor / (size + 1), clamp(x.tensor), log(size), size,
      x.tensor / x.tensor, .constant(3e38) / x.tensor, x.tensor.clamped(to: 0...1),
    ]
    let expected = try Program(outputs: outputs, on: CPUBackend(), arithmetic: .reproducible)
      .run([x.tensor: x.values])
    let usual = try Program(outputs: outputs, on: CPUBackend()).run([x.tensor: x.values])
    for (index, pair) in zip(usual, expected).enumerated() {
      let wrong = pair.0.indices.first { place in
        let (one, other) = (pair.0[place], pair.1[place])
        return one.isNaN != other.isNaN
          || one != other && abs(one - other) > 5e-7 * abs(one) + 2e-36
      }
      #expect(
        wrong == nil,
        "function \(index) of \(numbers[wrong ?? 0]): \(pair.1[wrong ?? 0])")
    }
    for backend in OperationCheck.backends {
      let found = try Program(outputs: outputs, on: backend, arithmetic: .reproducible)
        .run([x.tensor: x.values])
      for (index, pair) in zip(found, expected).enumerated() {
        let wrong = pair.0.indices.first { place in
          let (one, other) = (pair.0[place], pair.1[place])
          // Subnormal numbers may be flushed, and signs of zeros lost.
          let (isTiny, isOtherTiny) = (one.magnitude < 0x1p-126, other.magnitude < 0x1p-126)
          return one.bitPattern != other.bitPattern && !(one.isNaN && other.isNaN)
            && !(isTiny && isOtherTiny)
        }
        #expect(
          wrong == nil, "\(backend.name): function \(index) of \(numbers[wrong ?? 0])")
      }
    }
  }

  /// What does not claim the same bits: nothing else may lose them.
  @Test("the rest of the table of cases")
  func others() {
    let names = OperationCase.all.filter {
      !Program.isReproducible([$0.expressions.result], on: CPUBackend())
    }.map { $0.description.prefix { $0 != "[" && $0 != "," } }
    let expected: Set = [
      "activations of special numbers ", "averagePooled by 2 ", "elu scale 1.5 ", "gelu ",
      "globalNorm ", "magnitude ", "mean ", "softmax ", "softplus ", "sum of many ",
      "sum over first ", "sum over outer and inner ", "tanhGELU ",
    ]
    #expect(Set(names.map(String.init)) == expected)
  }

  @Test("what is computed when a program is compiled follows the same rules")
  func folding() throws {
    let numbers = Tensor.constant([0.3, -0.7, 1.9], shape: [3])
    #expect(!Program.isReproducible([gelu(numbers)], on: CPUBackend()))
    #expect(!Program.isReproducible([numbers.sum(over: [0])], on: CPUBackend()))
    let folded = try Program(outputs: [silu(numbers)], on: CPUBackend(), arithmetic: .reproducible)
      .run([:])[0]
    let x = Tensor.input([3])
    for backend in OperationCheck.backends {
      let found = try Program(outputs: [silu(x)], on: backend, arithmetic: .reproducible)
        .run([x: [0.3, -0.7, 1.9]])[0]
      #expect(found == folded, "\(backend.name)")
    }
  }

  private func clamp(_ x: Tensor) -> Tensor { x.clamped(to: -3...5) }
}
