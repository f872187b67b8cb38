import CMatrix

/// One matrix product or convolution: what a choice of tile depends on, and the key under which a
/// measured choice is remembered.
///
/// Every kind is a set of `count` products of a matrix [rows, depth] with a matrix [depth,
/// columns], whose operands are gathered from tensors:
///
/// | kind | rows | columns | depth |
/// |---|---|---|---|
/// | ``Kind/forward`` | result channels | positions of the batch | source channels x taps |
/// | ``Kind/byInput`` | result channels | positions of one phase | source channels x its taps |
/// | ``Kind/byWeight`` | gradient's channels | source channels x taps | positions of the batch |
/// | ``Kind/matrixProduct`` | m | n | k |
public struct ProductProblem: Sendable, Hashable, Codable {
  /// What is computed.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A convolution; the gradient of a transposed convolution by its input.
    case forward
    /// The gradient of a convolution by its input; a transposed convolution.
    case byInput
    /// The gradient of either by its weights.
    case byWeight
    /// A product of matrices, or of batches of matrices.
    case matrixProduct
  }

  /// What is computed.
  public let kind: Kind
  /// The left operand of a matrix product, the source of a convolution (for ``Kind/byWeight`` the
  /// larger picture).
  public let source: Shape
  /// The right operand of a matrix product, the weights of a convolution, for ``Kind/byWeight``
  /// the gradient.
  public let operand: Shape
  /// What comes out.
  public let result: Shape
  /// How the kernel moves; the default for matrix products.
  public let geometry: ConvolutionGeometry
  /// Whether the operands of a matrix product are stored transposed.
  public let transposesSource: Bool, transposesOperand: Bool

  private enum CodingKeys: String, CodingKey {
    case kind, source, operand, result, geometry, transposesSource, transposesOperand
  }

  /// A convolution, its gradient by input or by weight. Axes along which the kernel spans the whole
  /// picture become channels, so that such layers are the dense products that they are: without
  /// it, a transposed one multiplies the zeros around its only row.
  package init(
    _ kind: Kind, source: Shape, operand: Shape, result: Shape, geometry: ConvolutionGeometry
  ) {
    var (source, operand, result, geometry) = (source, operand, result, geometry)
    func picture() -> Shape { kind == .byInput ? result : source }
    func positions() -> Shape {
      switch kind {
      case .byInput: source
      case .byWeight: operand
      default: result
      }
    }
    func kernel() -> Shape { kind == .byWeight ? result : operand }
    func merge(_ axis: Int) {
      let size = picture()[axis]
      guard
        size > 1, kernel()[axis] == size, positions()[axis] == 1,
        (axis == 2 ? geometry.padding.y : geometry.padding.x) == 0
      else { return }
      func merged(_ shape: Shape) -> Shape {
        var sizes = shape.dimensions
        sizes[1] *= size
        sizes[axis] = 1
        return Shape(sizes)
      }
      if axis == 2 {
        (geometry.stride.y, geometry.dilation.y) = (1, 1)
      } else {
        (geometry.stride.x, geometry.dilation.x) = (1, 1)
      }
      switch kind {
      case .byInput: (operand, result) = (merged(operand), merged(result))
      case .byWeight: (source, result) = (merged(source), merged(result))
      default: (source, operand) = (merged(source), merged(operand))
      }
    }
    // A dilated kernel spans more than its size, so its picture is larger than it: only dense
    // kernels get here.
    merge(2)
    // Only then are the elements of one row all there is of a channel.
    if picture()[2] == 1, kernel()[2] == 1 { merge(3) }
    (self.kind, self.source, self.operand, self.result) = (kind, source, operand, result)
    self.geometry = geometry
    (transposesSource, transposesOperand) = (false, false)
  }

  /// A product of matrices.
  package init(_ product: MatrixProduct, left: Shape, right: Shape, result: Shape) {
    (kind, source, operand, self.result) = (.matrixProduct, left, right, result)
    geometry = ConvolutionGeometry()
    (transposesSource, transposesOperand) = (product.transposesLeft, product.transposesRight)
  }
}

extension ProductProblem {
  /// Channels of one group of the source; of the larger picture for ``Kind/byWeight``.
  var sourceChannels: Int { source[1] / geometry.groups }

  /// Rows of each product.
  public var rows: Int {
    switch kind {
    case .forward, .byInput: result[1] / geometry.groups
    case .byWeight: operand[1] / geometry.groups
    case .matrixProduct: result[-2]
    }
  }

  /// Columns of the largest product.
  public var columns: Int { phases.map(\.columns).max() ?? 0 }

  /// Inner size of the largest product.
  public var depth: Int { phases.map(\.depth).max() ?? 0 }

  /// Products of equal size: groups of channels or entries of a batch of matrices.
  public var count: Int {
    kind == .matrixProduct ? result.count / (rows * result[-1]) : geometry.groups
  }

  /// One product for each phase: coordinates of a ``Kind/byInput`` result modulo the stride. There
  /// is one phase of every other kind.
  public var phases: [(columns: Int, depth: Int)] {
    switch kind {
    case .forward:
      return [(result[0] * result[2] * result[3], operand.count / operand[0])]
    case .byWeight:
      return [(result.count / result[0], operand[0] * operand[2] * operand[3])]
    case .matrixProduct:
      return [(result[-1], transposesSource ? source[-2] : source[-1])]
    case .byInput:
      let y = geometry.phaseAxes(\.y, source[2], operand[2], result[2])
      let x = geometry.phaseAxes(\.x, source[3], operand[3], result[3])
      return y.flatMap { y in
        x.map { x in (result[0] * y.count * x.count, sourceChannels * y.taps * x.taps) }
      }
    }
  }

  /// Multiplications by the textbook: one for every result and term of its sum, those with padding
  /// included; for a transposed convolution one for every source value and weight it meets.
  public var multiplications: Double {
    switch kind {
    case .forward: Double(result.count) * Double(operand.count / operand[0])
    case .byInput: Double(source.count) * Double(operand.count / operand[0])
    case .byWeight: Double(operand.count) * Double(result.count / result[0])
    case .matrixProduct: Double(result.count) * Double(depth)
    }
  }

  /// The problem as an expression of two inputs, for whoever wants to time it.
  package var expression: (inputs: [Tensor], result: Tensor) {
    let inputs = [
      Tensor.input(source, name: "source"), Tensor.input(operand, name: "operand"),
    ]
    let result =
      switch kind {
      case .forward:
        Tensor(Convolution(geometry, size: PerAxis(spatial: result)), of: inputs)
      case .byInput:
        Tensor(TransposedConvolution(geometry, size: PerAxis(spatial: result)), of: inputs)
      case .byWeight:
        Tensor(
          ConvolutionWeightGradient(geometry, kernel: PerAxis(spatial: result)), of: inputs)
      case .matrixProduct:
        Tensor(
          MatrixProduct(transposesLeft: transposesSource, transposesRight: transposesOperand),
          of: inputs)
      }
    return (inputs, result)
  }
}

extension ProductProblem {
  /// Reads a problem.
  ///
  /// - Throws: `DecodingError` for sizes that do not fit together: nothing could be asked of them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decode(Kind.self, forKey: .kind)
    source = try container.decode(Shape.self, forKey: .source)
    operand = try container.decode(Shape.self, forKey: .operand)
    result = try container.decode(Shape.self, forKey: .result)
    geometry = try container.decode(ConvolutionGeometry.self, forKey: .geometry)
    transposesSource = try container.decode(Bool.self, forKey: .transposesSource)
    transposesOperand = try container.decode(Bool.self, forKey: .transposesOperand)
    guard [source, operand, result].allSatisfy(\.isCountable), sizesFit else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "product \(self)"))
    }
  }

  private var sizesFit: Bool {
    switch kind {
    case .forward: convolutionFits(picture: source, positions: result, weight: operand)
    case .byInput: convolutionFits(picture: result, positions: source, weight: operand)
    case .byWeight: convolutionFits(picture: source, positions: operand, weight: result)
    case .matrixProduct: matricesFit
    }
  }

  private var matricesFit: Bool {
    guard min(source.rank, operand.rank, result.rank) >= 2 else { return false }
    let (rows, inner) = transposesSource ? (source[-1], source[-2]) : (source[-2], source[-1])
    let (depth, columns) =
      transposesOperand ? (operand[-1], operand[-2]) : (operand[-2], operand[-1])
    return inner == depth && result[-2] == rows && result[-1] == columns
      && geometry == ConvolutionGeometry()
  }

  private func convolutionFits(picture: Shape, positions: Shape, weight: Shape) -> Bool {
    guard picture.rank == 4, positions.rank == 4, weight.rank == 4 else { return false }
    let (stride, padding, dilation) = (geometry.stride, geometry.padding, geometry.dilation)
    let steps = [stride.y, stride.x, dilation.y, dilation.x, geometry.groups]
    return steps.allSatisfy { 1 <= $0 && $0 <= 0xffff }
      && [padding.y, padding.x].allSatisfy { 0 <= $0 && $0 <= 0xffff }
      && picture[0] == positions[0] && picture[1] == weight[1] * geometry.groups
      && positions[1] == weight[0] && weight[0] % geometry.groups == 0
  }
}

extension Shape {
  /// Whether its elements can be counted, with room for what is computed from their number.
  fileprivate var isCountable: Bool {
    var count = 1
    return dimensions.allSatisfy { size in
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      count = product
      return !overflows && product <= 1 << 40
    }
  }
}

extension ProductProblem: CustomStringConvertible {
  /// For example `byWeight [8, 32, 256, 256] x [8, 64, 128, 128] -> [64, 32, 4, 4], stride 2 x 2`.
  public var description: String {
    var text =
      "\(kind.rawValue) \(source)\(transposesSource ? " transposed" : "") x \(operand)"
      + "\(transposesOperand ? " transposed" : "") -> \(result)"
    let usual = ConvolutionGeometry()
    if geometry.stride != usual.stride { text += ", stride \(geometry.stride)" }
    if geometry.padding != usual.padding { text += ", padding \(geometry.padding)" }
    if geometry.dilation != usual.dilation { text += ", dilation \(geometry.dilation)" }
    if geometry.groups != 1 { text += ", \(geometry.groups) groups" }
    return text
  }
}
