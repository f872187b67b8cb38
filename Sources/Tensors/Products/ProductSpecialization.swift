import CMatrix
import TensorKernels

/// Specialization constants that every kernel with `product_tile.glsl` has.
protocol TiledSpecialization {
  var workgroupSize: UInt32 { get set }
  var gridRows: UInt32 { get set }
  var rowsPerInvocation: UInt32 { get set }
  var columnsPerInvocation: UInt32 { get set }
  var tileDepth: UInt32 { get set }
  var unrolledDepth: UInt32 { get set }
  var prefetches: Bool { get set }
  var alignedRows: Bool { get set }
  var alignedColumns: Bool { get set }
  var alignedDepth: Bool { get set }
}

extension TiledSpecialization {
  /// Sets the tile, and which of the problem's edges need no checks.
  mutating func set(_ tile: ProductTile, for problem: ProductProblem) {
    workgroupSize = UInt32(tile.workgroupSize)
    gridRows = UInt32(tile.gridRows)
    rowsPerInvocation = UInt32(tile.rowsPerInvocation)
    columnsPerInvocation = UInt32(tile.columnsPerInvocation)
    tileDepth = UInt32(tile.depth)
    unrolledDepth = UInt32(tile.unrolledDepth)
    prefetches = tile.prefetches
    // Pipelines that serve many sizes check them all.
    guard tile.specializesSizes else { return }
    alignedRows = problem.rows % tile.rows == 0
    alignedColumns = problem.phases.allSatisfy { $0.columns % tile.columns == 0 }
    alignedDepth = problem.phases.allSatisfy { $0.depth % tile.depth == 0 }
  }
}

/// Specialization constants that every kernel with `convolution_sizes.glsl` has.
protocol ConvolutionSpecialization {
  var specialized: Bool { get set }
  var groups: UInt32 { get set }
  var sourceChannels: UInt32 { get set }
  var resultChannels: UInt32 { get set }
  var sourceHeight: Int32 { get set }
  var sourceWidth: Int32 { get set }
  var resultHeight: Int32 { get set }
  var resultWidth: Int32 { get set }
  var paddingY: Int32 { get set }
  var paddingX: Int32 { get set }
  var kernelHeight: Int32 { get set }
  var kernelWidth: Int32 { get set }
  var strideY: Int32 { get set }
  var strideX: Int32 { get set }
  var dilationY: Int32 { get set }
  var dilationX: Int32 { get set }
  var paddedY: Bool { get set }
  var paddedX: Bool { get set }
}

extension ConvolutionSpecialization {
  /// Sets geometry, and with `isSpecialized` sizes and whether taps may lie outside the source.
  mutating func set(_ problem: ProductProblem, isSpecialized: Bool) {
    let geometry = problem.geometry
    (kernelHeight, kernelWidth) = (Int32(problem.kernel.y), Int32(problem.kernel.x))
    (strideY, strideX) = (Int32(geometry.stride.y), Int32(geometry.stride.x))
    (dilationY, dilationX) = (Int32(geometry.dilation.y), Int32(geometry.dilation.x))
    guard isSpecialized else { return }
    specialized = true
    groups = UInt32(geometry.groups)
    (sourceChannels, resultChannels) = (UInt32(problem.sourceChannels), UInt32(problem.rows))
    (sourceHeight, sourceWidth) = (Int32(problem.source[2]), Int32(problem.source[3]))
    (resultHeight, resultWidth) = (Int32(problem.positions.y), Int32(problem.positions.x))
    (paddingY, paddingX) = (Int32(geometry.padding.y), Int32(geometry.padding.x))
    paddedY = problem.readsPadding(\.y)
    paddedX = problem.readsPadding(\.x)
  }
}

extension ConvolutionGatherKernel.Specialization: TiledSpecialization, ConvolutionSpecialization {}
extension ConvolutionWeightGradientKernel.Specialization: TiledSpecialization,
  ConvolutionSpecialization
{}
extension ConvolutionNarrowKernel.Specialization: ConvolutionSpecialization {}
extension ConvolutionGatherEpilogueKernel.Specialization: TiledSpecialization,
  ConvolutionSpecialization
{}
extension ConvolutionNarrowEpilogueKernel.Specialization: ConvolutionSpecialization {}
extension MatrixProductKernel.Specialization: TiledSpecialization {}
extension MatrixProductEpilogueKernel.Specialization: TiledSpecialization {}

extension ProductProblem {
  /// Size of the kernel.
  var kernel: PerAxis { PerAxis(spatial: kind == .byWeight ? result : operand) }

  /// Positions of the kernel of a convolution or of its gradient by weight, otherwise results.
  var positions: PerAxis { PerAxis(spatial: kind == .byWeight ? operand : result) }

  /// Whether a tap can lie outside the source along an axis.
  func readsPadding(_ axis: KeyPath<PerAxis, Int>) -> Bool {
    let size = PerAxis(spatial: source)[keyPath: axis]
    let (kernel, positions) = (kernel[keyPath: axis], positions[keyPath: axis])
    let axes =
      kind == .byInput
      ? geometry.phaseAxes(axis, size, kernel, positions)
      : [geometry.forwardAxis(axis, size, kernel, positions)]
    return axes.contains { axis in
      guard axis.count > 0, axis.taps > 0 else { return false }
      let corners = [0, (axis.count - 1) * axis.source_step].flatMap { position in
        [0, (axis.taps - 1) * axis.source_tap_step].map { axis.source_offset + position + $0 }
      }
      return corners.contains { $0 < 0 || $0 >= size }
    }
  }
}
