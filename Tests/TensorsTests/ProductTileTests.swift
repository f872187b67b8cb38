import BreakbeatTraining
import Foundation
import Tensors
import Testing
import VulkanCompute

/// A product with its inputs and its results in `Double`.
struct TiledProduct: CustomTestStringConvertible {
  let problem: ProductProblem
  let inputs: [OperationCheck.Input]
  let result: Tensor
  let expected: [Double]
  /// What each result may be off by: γ of its terms' absolute sum.
  let bounds: [Double]

  var testDescription: String { "\(problem)" }

  /// A convolution, its gradient by input or by weight.
  init(
    _ kind: ProductProblem.Kind, picture: Shape, weight: Shape, _ geometry: ConvolutionGeometry
  ) {
    let size = geometry.positions(
      in: PerAxis(spatial: picture), kernel: PerAxis(spatial: weight))
    let positions: Shape = [picture[0], weight[0], size.y, size.x]
    let reference = ConvolutionReference(
      picture: picture, positions: positions, weight: weight, geometry: geometry)
    let (source, operand, output): (Shape, Shape, Shape) =
      switch kind {
      case .forward: (picture, weight, positions)
      case .byInput: (positions, weight, picture)
      default: (picture, positions, weight)
      }
    let problem = ProductProblem(
      kind, source: source, operand: operand, result: output, geometry: geometry)
    let compute = { (x: [Double], y: [Double]) in
      switch kind {
      case .forward: reference.convolution(x, y)
      case .byInput: reference.transposed(x, y)
      default: reference.weightGradient(x, y)
      }
    }
    self.init(problem, compute)
  }

  /// A product of matrices.
  init(_ left: Shape, _ right: Shape, transposes: (Bool, Bool)) {
    let product = MatrixProduct(transposesLeft: transposes.0, transposesRight: transposes.1)
    let output = product.shape(for: [left, right])
    let (rows, columns, depth) = (
      output[-2], output[-1], transposes.0 ? left[-2] : left[-1]
    )
    let problem = ProductProblem(product, left: left, right: right, result: output)
    let (leftStep, rightStep) = (
      left.rank > 2 ? rows * depth : 0, right.rank > 2 ? depth * columns : 0
    )
    self.init(problem) { (a: [Double], b: [Double]) -> [Double] in
      var values = [Double](repeating: 0, count: output.count)
      for index in 0..<output.count {
        let (entry, row, column) = (
          index / (rows * columns), index / columns % rows, index % columns
        )
        for k in 0..<depth {
          let x = entry * leftStep + (transposes.0 ? k * rows + row : row * depth + k)
          let y = entry * rightStep + (transposes.1 ? column * depth + k : k * columns + column)
          values[index] += a[x] * b[y]
        }
      }
      return values
    }
  }

  private init(_ problem: ProductProblem, _ compute: ([Double], [Double]) -> [Double]) {
    self.problem = problem
    let expression = problem.expression
    inputs = zip(expression.inputs, 1...).map { tensor, seed in
      OperationCheck.Input(
        tensor, OperationCheck.numbers(tensor.shape.count, seed: UInt64(seed)))
    }
    result = expression.result
    let values = inputs.map { $0.values.map(Double.init) }
    expected = compute(values[0], values[1])
    let sums = compute(values[0].map(abs), values[1].map(abs))
    // γ(n) = n u / (1 - n u): a product and n - 1 sums in any order, u half a unit of the last
    // place (Higham 2002, section 3.1).
    let n = Double(problem.depth + 1) * 0x1p-24
    bounds = sums.map { $0 * n / (1 - n) }
  }
}

@Suite("Tiles of products", .serialized)
struct ProductTileTests {
  /// Odd sizes, few channels, one pixel, long and thin, groups, dilation, strides 1 to 3; and some
  /// that fill tiles.
  static let awkward: [TiledProduct] = {
    var cases: [TiledProduct] = []
    for kind in [ProductProblem.Kind.forward, .byInput, .byWeight] {
      let convolutions: [TiledProduct] = [
        .init(kind, picture: [2, 3, 9, 7], weight: [5, 3, 3, 3], .init(padding: 1)),
        .init(kind, picture: [1, 5, 1, 1], weight: [6, 5, 1, 1], .init()),
        .init(
          kind, picture: [2, 16, 8, 16], weight: [32, 16, 4, 4], .init(stride: 2, padding: 1)),
        .init(
          kind, picture: [1, 4, 11, 8], weight: [6, 2, 3, 2],
          .init(
            stride: PerAxis(y: 3, x: 2), padding: PerAxis(y: 2, x: 0),
            dilation: PerAxis(y: 2, x: 1), groups: 2)),
        .init(
          kind, picture: [1, 2, 3, 301], weight: [3, 2, 1, 5], .init(stride: PerAxis(y: 1, x: 2))),
        .init(kind, picture: [2, 7, 4, 5], weight: [9, 7, 4, 1], .init()),
        .init(kind, picture: [3, 1, 14, 10], weight: [8, 1, 4, 4], .init(stride: 2, padding: 1)),
        .init(
          kind, picture: [1, 3, 251, 2], weight: [4, 3, 3, 2], .init(padding: 1, dilation: 1)),
      ]
      cases += convolutions
    }
    let products: [TiledProduct] = [
      .init([37, 19], [19, 45], transposes: (false, false)),
      .init([3, 130, 5], [3, 7, 130], transposes: (true, true)),
      .init([1, 259], [259, 1], transposes: (false, false)),
      .init([64, 32], [128, 32], transposes: (false, true)),
      .init([32, 64], [32, 128], transposes: (true, false)),
    ]
    return cases + products
  }()

  /// Every tile that the rule or a tuner may pick for layers of any size on any kind of device.
  static let variants: [ProductTile] = {
    var seen: Set<ProductTile> = []
    for target in TileTargets.all {
      for problem in awkward.map(\.problem) + TileTargets.largeProblems {
        for tile in ProductTile.candidates(for: problem, on: target) {
          var tile = tile
          tile.chunks = 1
          seen.insert(tile)
        }
      }
    }
    return seen.sorted { "\($0)\($0.specializesSizes)" < "\($1)\($1.specializesSizes)" }
  }()

  /// Each variant computes two kinds of products, each case meets many variants; the inner sums of
  /// about half are cut. With `VAMEN_TILES=all` each variant computes every case that suits it
  /// (not timed).
  @Test("every variant that may be chosen, at awkward shapes", arguments: TestDevice.vulkan)
  func conformance(_ device: TestDevice) throws {
    let device = try #require((device.backend as? VulkanBackend)?.device)
    let target = TileTarget(device)
    let isWhole = getenv("VAMEN_TILES").map { String(cString: $0) } == "all"
    var turn = 0
    for tile in Self.variants where tile.sharedMemoryByteCount <= target.sharedMemoryByteCount {
      let kinds = Dictionary(grouping: Self.awkward) { $0.problem.kind }
      var choices = TileChoices()
      var cases: [TiledProduct] = []
      let all = ProductProblem.Kind.allCases
      let some = isWhole ? all : [all[turn % 4], all[(turn + 1) % 4]]
      let wanted = tile.method == .narrow ? [.byInput] : some
      for kind in wanted {
        let list = kinds[kind] ?? []
        turn += 1
        let suiting = (turn..<turn + list.count).map { list[$0 % list.count] }
          .filter { tile.suits($0.problem, on: target) }
        for test in suiting.prefix(isWhole ? list.count : 1) {
          var tile = tile
          if tile.method == .tiled, turn / 3 % 2 == 0 {
            tile.chunks = min(3, max(1, test.problem.depth / 8))
          }
          choices[test.problem] = tile
          cases.append(test)
        }
      }
      try #require(!cases.isEmpty, "no case suits \(tile)")
      let backend = VulkanBackend(device, tileChoices: choices, insistsOnChoices: true)
      try check(cases, backend, "\(tile)")
    }
  }

  /// The rule's choices at the same shapes.
  @Test("the rule's tiles at awkward shapes", arguments: TestDevice.all)
  func rule(_ device: TestDevice) throws {
    try check(Self.awkward, device.backend, "rule")
  }

  private func check(_ cases: [TiledProduct], _ backend: any Backend, _ what: String) throws {
    let program = try Program(outputs: cases.map(\.result), on: backend, label: what)
    for test in cases {
      for input in test.inputs { try program.set(input.tensor, to: input.values) }
    }
    try program.run()
    for test in cases {
      let values = try program.values(of: test.result)
      try #require(values.count == test.expected.count)
      let wrong = values.indices.first {
        !(abs(Double(values[$0]) - test.expected[$0]) <= test.bounds[$0])
      }
      #expect(
        wrong == nil,
        "\(test.problem), \(what), result \(wrong ?? 0): \(values[wrong ?? 0]) for \(test.expected[wrong ?? 0])"
      )
    }
  }

  @Test("choices survive JSON and foreign tiles are ignored")
  func choices() throws {
    let problem = Self.awkward[2].problem
    var tile = ProductTile(for: problem, on: TileTarget())
    tile.gridRows = tile.gridRows == 4 ? 8 : 4
    var choices = TileChoices()
    choices[problem] = tile
    let copy = try JSONDecoder().decode(TileChoices.self, from: JSONEncoder().encode(choices))
    #expect(copy == choices && copy[problem] == tile)
    #expect(choices.tile(for: problem, on: TileTarget()) == tile)
    #expect(choices.unsuitable(on: TileTarget()).isEmpty)
    tile.workgroupSize = 4096
    choices[problem] = tile
    #expect(
      choices.tile(for: problem, on: TileTarget()) == ProductTile(for: problem, on: TileTarget()))
    #expect(choices.unsuitable(on: TileTarget()) == [problem])
  }

  @Test("problems survive JSON; sizes that do not fit together are refused")
  func problems() throws {
    for problem in Self.awkward.map(\.problem) + TileTargets.largeProblems {
      let bytes = try JSONEncoder().encode(problem)
      #expect(try JSONDecoder().decode(ProductProblem.self, from: bytes) == problem)
      let text = String(decoding: bytes, as: UTF8.self)
      for broken in [
        text.replacing("\"groups\":\(problem.geometry.groups)", with: "\"groups\":0"),
        text.replacing("\"stride\":{", with: "\"stride\":{\"x\":0,\"y\":0},\"old\":{"),
        text.replacing("\"source\":[", with: "\"source\":[3037000500,3037000500,"),
        text.replacing("\"operand\":[", with: "\"operand\":[5],\"old\":["),
      ] {
        #expect(throws: DecodingError.self, "\(broken)") {
          _ = try JSONDecoder().decode(ProductProblem.self, from: Data(broken.utf8))
        }
      }
    }
  }

  /// Every piece has a copy of the result in memory: 8000 of these would take 1 GiB.
  @Test("sums are cut into no more pieces than a tuner tries", arguments: TileTargets.all)
  func pieces(_ target: TileTarget) throws {
    let geometry = ConvolutionGeometry(stride: 2, padding: 1)
    let long = ProductProblem(
      .byWeight, source: [8, 32, 256, 256], operand: [8, 64, 128, 128], result: [64, 32, 4, 4],
      geometry: geometry)
    // One workgroup occupies a device only in thousands of pieces.
    let longest = ProductProblem(
      .byWeight, source: [64, 1, 512, 512], operand: [64, 32, 256, 256], result: [32, 1, 4, 4],
      geometry: geometry)
    for problem in [long, longest] + TileTargets.largeProblems {
      var tile = ProductTile(for: problem, on: target)
      #expect(tile.suits(problem, on: target), "\(problem): \(tile)")
      guard tile.method == .tiled else { continue }
      tile.chunks *= 2
      #expect(tile.suits(problem, on: target), "\(problem): \(tile)")
      #expect(ProductTile.candidates(for: problem, on: target).contains(tile), "\(problem)")
    }
    var tile = ProductTile(for: long, on: target)
    tile.chunks = 8000
    #expect(!tile.suits(long, on: target))
  }
}
