import CMatrix
import TensorKernels
import VulkanCompute

/// v[o, c, t, u] = Σ_{n, j, i} g[n, o, j, i] · x[n, c, j·s − p + t·d, i·s − p + u·d]: the gradient
/// of ``Convolution`` (and, with the operands exchanged, of ``TransposedConvolution``) by the
/// weights.
///
/// **Shape** pictures [N, C, H, W] and gradients [N, O, H', W'] → [O, C / groups, kernel].
/// **Cost** 2 · N · O · H' · W' · C / groups · kh · kw operations in one dispatch, and another to
/// add partial sums when few weights would leave the device idle.
/// **Accuracy** fp32 sums over positions, in chunks whose number depends on the shapes alone: the
/// same bits on any number of threads.
struct ConvolutionWeightGradient: Operation {
  /// How the kernel moves.
  let geometry: ConvolutionGeometry
  /// Size of the kernel.
  let kernel: PerAxis

  /// The gradient by the weights of a kernel of this size.
  init(_ geometry: ConvolutionGeometry, kernel: PerAxis) {
    self.geometry = geometry
    self.kernel = kernel
  }

  static var name: String { "convolution weight gradient" }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].rank == 4 && inputs[1].rank == 4,
      "\(Self.name): \(inputs[0]), gradient \(inputs[1]): four axes each are needed")
    let result: Shape = [inputs[1][1], inputs[0][1] / geometry.groups, kernel.y, kernel.x]
    geometry.check(Self.name, picture: inputs[0], positions: inputs[1], weight: result)
    return result
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (source, gradient) = (inputs[0], inputs[1])
    var product = CMatrixWeightGradient(
      batch: source.shape[0], groups: geometry.groups,
      source_channels: source.shape[1] / geometry.groups,
      result_channels: gradient.shape[1] / geometry.groups,
      y: geometry.forwardAxis(\.y, source.shape[2], kernel.y, gradient.shape[2]),
      x: geometry.forwardAxis(\.x, source.shape[3], kernel.x, gradient.shape[3]),
      source: source.floats, result_gradient: gradient.floats, partials: result.floats)
    let chunks = cmatrix_weight_gradient_chunk_count(&product)
    let partialCount = chunks > 1 ? chunks * result.count : 1
    workers.withScratch(count: partialCount) { partials in
      if chunks > 1 { product.partials = partials }
      withUnsafePointer(to: product) { product in
        workers.forEach(cmatrix_weight_gradient_tile_count(product)) {
          cmatrix_weight_gradient_run_tile(product, $0)
        }
      }
      guard chunks > 1 else { return }
      workers.forEachRange(result.count) {
        cmatrix_sum_partials(
          product.partials, chunks, result.count, result.floats, $0.lowerBound, $0.upperBound)
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let problem = ProductProblem(
      .byWeight, source: inputs[0].shape, operand: inputs[1].shape, result: result.shape,
      geometry: geometry)
    let (geometry, source, gradient) = (problem.geometry, problem.source, problem.operand)
    let tile = recorder.tile(for: problem)
    let length = tile.chunkLength(problem.depth)
    let chunks = (problem.depth + length - 1) / length
    let partials = chunks > 1 ? recorder.scratch(count: chunks * result.count) : result.range
    var specialization = ConvolutionWeightGradientKernel.Specialization()
    specialization.set(tile, for: problem)
    specialization.set(problem, isSpecialized: tile.specializesSizes)
    let turns = tile.workgroupSize / tile.depth
    specialization.oneTap = turns >= 1 && turns % (problem.kernel.y * problem.kernel.x) == 0
    if tile.specializesSizes, specialization.alignedDepth {
      specialization.onePicture = gradient[2] * gradient[3] % tile.depth == 0
      specialization.oneRow = gradient[3] % tile.depth == 0
    }
    recorder.dispatch(
      ConvolutionWeightGradientKernel.self,
      .init(source: inputs[0].range, gradient: inputs[1].range, partials: partials),
      halves: ConvolutionWeightGradientKernel.halves(
        mask: inputs[0].halvesMask(binding: 0) | inputs[1].halvesMask(binding: 1)),
      specialization: specialization,
      constants: .init(
        batch: UInt32(source[0]), groups: UInt32(geometry.groups),
        sourceChannels: UInt32(problem.sourceChannels), resultChannels: UInt32(problem.rows),
        sourceHeight: Int32(source[2]), sourceWidth: Int32(source[3]),
        resultHeight: Int32(gradient[2]), resultWidth: Int32(gradient[3]),
        paddingY: Int32(geometry.padding.y), paddingX: Int32(geometry.padding.x),
        chunks: UInt32(chunks), chunkLength: UInt32(length)),
      workgroups: .covering(tile.tileCount(for: problem) * chunks, by: 1),
      arithmetic: 2 * problem.multiplications,
      executedMultiplications: tile.executedMultiplications(for: problem))
    guard chunks > 1 else { return }
    ReductionLoop<SumFunction>(outer: 1, count: chunks, inner: result.count)
      .record(from: partials, to: result.range, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (source, gradient) = (inputs[0], inputs[1])
    return [
      Tensor(
        TransposedConvolution(geometry, size: PerAxis(spatial: source.shape)),
        of: [gradient, upstream]),
      Tensor(
        Convolution(geometry, size: PerAxis(spatial: gradient.shape)), of: [source, upstream]),
    ]
  }

  var isBandwidthBound: Bool { false }

  func arithmetic(inputs: [Shape], result: Shape) -> Double {
    2 * Double(inputs[1].count) * Double(result.count / result[0])
  }
}

extension ConvolutionWeightGradient: HalfStoring {
  var writesHalves: Bool { false }
}
