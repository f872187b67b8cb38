import CMatrix
import TensorKernels
import VulkanCompute

/// The operation of ``matrixProduct(_:_:transposeLeft:transposeRight:)``.
package struct MatrixProduct: Operation, ProductOperation {
  /// Whether the left operand is stored [..., k, m].
  package let transposesLeft: Bool
  /// Whether the right operand is stored [..., n, k].
  package let transposesRight: Bool

  /// A product of operands as they are or transposed.
  package init(transposesLeft: Bool = false, transposesRight: Bool = false) {
    self.transposesLeft = transposesLeft
    self.transposesRight = transposesRight
  }

  package static var name: String { "matrix product" }

  package var isReproducible: Bool { true }

  package func shape(for inputs: [Shape]) -> Shape {
    let sizes = Sizes(self, inputs[0], inputs[1])
    return Shape(sizes.leading + [sizes.rows, sizes.columns])
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    evaluate(inputs, into: result, epilogue: nil, on: workers)
  }

  func evaluate(
    _ inputs: [CPUTensor], into result: CPUTensor,
    epilogue: UnsafePointer<CMatrixEpilogue>?, on workers: CPUWorkers
  ) {
    let sizes = Sizes(self, inputs[0].shape, inputs[1].shape)
    let (a, b, y) = (inputs[0].floats, inputs[1].floats, result.floats)
    let product = { (index: Int) in
      CMatrixProduct(
        rows: sizes.rows, columns: sizes.columns, inner: sizes.depth,
        a: a + index * sizes.leftBatchStride,
        a_row_stride: sizes.leftRowStride, a_column_stride: sizes.leftDepthStride,
        b: b + index * sizes.rightBatchStride,
        b_row_stride: sizes.rightDepthStride, b_column_stride: sizes.rightColumnStride,
        result: y + index * sizes.rows * sizes.columns,
        result_row_stride: sizes.columns, epilogue: epilogue)
    }
    let tiles = withUnsafePointer(to: product(0)) { cmatrix_product_tile_count($0) }
    workers.forEach(sizes.batch * tiles) { task in
      withUnsafePointer(to: product(task / tiles)) { cmatrix_product_run_tile($0, task % tiles) }
    }
  }

  var writesHalves: Bool { false }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    record(inputs, into: result, epilogue: nil, with: &recorder)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, epilogue: ChainCode?,
    with recorder: inout Recorder
  ) {
    let sizes = Sizes(self, inputs[0].shape, inputs[1].shape)
    let problem = ProductProblem(
      self, left: inputs[0].shape, right: inputs[1].shape, result: result.shape)
    let tile = recorder.tile(for: problem)
    let length = tile.chunkLength(sizes.depth)
    let chunks = (sizes.depth + length - 1) / length
    let target = chunks > 1 ? recorder.scratch(count: chunks * result.count) : result.range
    let workgroups = WorkgroupCount.covering(tile.tileCount(for: problem) * chunks, by: 1)
    let executed = tile.executedMultiplications(for: problem)
    if let epilogue, chunks == 1 {
      var specialization = MatrixProductEpilogueKernel.Specialization()
      specialization.set(tile, for: problem)
      specialization.set(epilogue: epilogue)
      specialization.leftAlongDepth = !transposesLeft
      specialization.rightAlongDepth = transposesRight
      recorder.dispatch(
        MatrixProductEpilogueKernel.self,
        .init(
          leftMatrix: inputs[0].range, rightMatrix: inputs[1].range, result: target,
          input1: epilogue.input(1), input2: epilogue.input(2), input3: epilogue.input(3),
          input4: epilogue.input(4), input5: epilogue.input(5)),
        specialization: specialization,
        constants: constants(sizes, chunks: chunks, chunkLength: length),
        workgroups: workgroups, arithmetic: 2 * problem.multiplications,
        executedMultiplications: executed)
      return
    }
    var specialization = MatrixProductKernel.Specialization()
    specialization.set(tile, for: problem)
    specialization.leftAlongDepth = !transposesLeft
    specialization.rightAlongDepth = transposesRight
    recorder.dispatch(
      MatrixProductKernel.self,
      .init(leftMatrix: inputs[0].range, rightMatrix: inputs[1].range, result: target),
      specialization: specialization,
      constants: constants(sizes, chunks: chunks, chunkLength: length),
      workgroups: workgroups, arithmetic: 2 * problem.multiplications,
      executedMultiplications: executed)
    guard chunks > 1 else { return }
    if let epilogue {
      recorder.mergePartials(target, chunks: chunks, into: result, epilogue: epilogue)
    } else {
      ReductionLoop<SumFunction>(outer: 1, count: chunks, inner: result.count)
        .record(from: target, to: result.range, with: &recorder)
    }
  }

  private func constants<Constants: MatrixProductConstants>(
    _ sizes: Sizes, chunks: Int, chunkLength: Int
  ) -> Constants {
    Constants(
      batch: UInt32(sizes.batch), rows: UInt32(sizes.rows), columns: UInt32(sizes.columns),
      depth: UInt32(sizes.depth), leftBatchStride: UInt32(sizes.leftBatchStride),
      leftStride: UInt32(max(sizes.leftRowStride, sizes.leftDepthStride)),
      rightBatchStride: UInt32(sizes.rightBatchStride),
      rightStride: UInt32(max(sizes.rightDepthStride, sizes.rightColumnStride)),
      chunks: UInt32(chunks), chunkLength: UInt32(chunkLength))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (left, right) = (inputs[0], inputs[1])
    let byLeft =
      transposesLeft
      ? matrixProduct(right, upstream, transposeLeft: transposesRight, transposeRight: true)
      : matrixProduct(upstream, right, transposeRight: !transposesRight)
    let byRight =
      transposesRight
      ? matrixProduct(upstream, left, transposeLeft: true, transposeRight: transposesLeft)
      : matrixProduct(left, upstream, transposeLeft: !transposesLeft)
    return [byLeft.summed(toShape: left.shape), byRight.summed(toShape: right.shape)]
  }

  package var isBandwidthBound: Bool { false }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double {
    2 * Double(result.count) * Double(Sizes(self, inputs[0], inputs[1]).depth)
  }
}

/// Push constants of the kernels of matrix products.
private protocol MatrixProductConstants {
  init(
    batch: UInt32, rows: UInt32, columns: UInt32, depth: UInt32, leftBatchStride: UInt32,
    leftStride: UInt32, rightBatchStride: UInt32, rightStride: UInt32, chunks: UInt32,
    chunkLength: UInt32)
}

extension MatrixProductKernel.Constants: MatrixProductConstants {}
extension MatrixProductEpilogueKernel.Constants: MatrixProductConstants {}

extension MatrixProduct {
  /// Sizes and strides of one product.
  private struct Sizes {
    let leading: [Int]
    let rows, columns, depth: Int
    let leftBatchStride, leftRowStride, leftDepthStride: Int
    let rightBatchStride, rightDepthStride, rightColumnStride: Int

    var batch: Int { leading.reduce(1, *) }

    init(_ product: MatrixProduct, _ left: Shape, _ right: Shape) {
      precondition(
        left.rank >= 2 && right.rank >= 2,
        "\(MatrixProduct.name): \(left) x \(right): two axes at least are needed")
      let (leftLeading, rightLeading) = (
        Array(left.dimensions.dropLast(2)), Array(right.dimensions.dropLast(2))
      )
      precondition(
        leftLeading == rightLeading || leftLeading.isEmpty || rightLeading.isEmpty,
        "\(MatrixProduct.name): \(left) x \(right): leading axes differ")
      leading = leftLeading.isEmpty ? rightLeading : leftLeading
      rows = product.transposesLeft ? left[-1] : left[-2]
      depth = product.transposesLeft ? left[-2] : left[-1]
      columns = product.transposesRight ? right[-2] : right[-1]
      let rightDepth = product.transposesRight ? right[-1] : right[-2]
      precondition(
        depth == rightDepth,
        "\(MatrixProduct.name): \(left)\(product.transposesLeft ? " transposed" : "") x \(right)"
          + "\(product.transposesRight ? " transposed" : ""): inner sizes \(depth) and "
          + "\(rightDepth) differ")
      leftBatchStride = leftLeading.isEmpty ? 0 : rows * depth
      leftRowStride = product.transposesLeft ? 1 : depth
      leftDepthStride = product.transposesLeft ? rows : 1
      rightBatchStride = rightLeading.isEmpty ? 0 : depth * columns
      rightDepthStride = product.transposesRight ? 1 : columns
      rightColumnStride = product.transposesRight ? depth : 1
    }
  }
}

/// The product of matrices, or of batches of matrices: y[b, m, n] = Σ_k a[b, m, k] · c[b, k, n].
///
/// **Shape** [..., m, k] and [..., k, n] → [..., m, n].
///
///     matrixProduct(.input([5, 4, 3]), .input([3, 2])).shape                        // [5, 4, 2]
///     matrixProduct(.input([4, 3]), .input([2, 3]), transposeRight: true).shape     // [4, 2]
///
/// - Parameters:
///   - left: [..., m, k], or [..., k, m] when transposed.
///   - right: [..., k, n], or [..., n, k] when transposed.
///   - transposeLeft: Reads the last two axes of `left` exchanged, without a copy.
///   - transposeRight: Reads the last two axes of `right` exchanged, without a copy.
/// - Returns: [..., m, n]; leading axes are equal, or one operand has none and serves them all.
///
/// **Cost** one dispatch, 2 · b · m · n · k operations; no operand is copied. **Accuracy** fp32
/// sums along k.
public func matrixProduct(
  _ left: Tensor, _ right: Tensor, transposeLeft: Bool = false, transposeRight: Bool = false
) -> Tensor {
  let product = MatrixProduct(transposesLeft: transposeLeft, transposesRight: transposeRight)
  let shape = product.shape(for: [left.shape, right.shape])
  guard left.shape.rank > 2, right.shape.rank == 2, !transposeLeft else {
    return Tensor(product, of: [left, right])
  }
  // One tall matrix fills tiles better than a batch of short ones.
  let rows = left.reshaped(to: [left.shape.count / left.shape[-1], left.shape[-1]])
  return Tensor(product, of: [rows, right]).reshaped(to: shape)
}
