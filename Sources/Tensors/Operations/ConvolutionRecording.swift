import CMatrix
import TensorKernels
import VulkanCompute

/// Declares the dispatches of a convolution or a transposed convolution.
func recordGather(
  _ geometry: ConvolutionGeometry, transposed: Bool, _ inputs: [GraphTensor],
  into result: GraphTensor, epilogue: ChainCode?, with recorder: inout Recorder
) {
  let problem = ProductProblem(
    transposed ? .byInput : .forward, source: inputs[0].shape, operand: inputs[1].shape,
    result: result.shape, geometry: geometry)
  let tile = recorder.tile(for: problem)
  let bias = inputs.count > 2 ? inputs[2] : nil
  if tile.method == .narrow {
    return recordNarrow(
      problem, tile, inputs, into: result, epilogue: epilogue, with: &recorder)
  }
  let length = tile.chunkLength(problem.depth)
  let chunks = max(1, (problem.depth + length - 1) / max(length, 1))
  let target = chunks > 1 ? recorder.scratch(count: chunks * result.count) : result.range
  // The first phase has the most positions.
  let phaseCount = transposed ? problem.geometry.stride.y * problem.geometry.stride.x : 1
  let rowTiles = (problem.rows + tile.rows - 1) / tile.rows
  let columnTiles = (problem.firstPhaseColumns + tile.columns - 1) / tile.columns
  let workgroups = WorkgroupCount.covering(
    problem.count * phaseCount * rowTiles * columnTiles * chunks, by: 1)
  let executed = tile.executedMultiplications(for: problem)
  if let epilogue, chunks == 1 {
    var specialization = ConvolutionGatherEpilogueKernel.Specialization()
    specialization.set(tile, gathering: problem)
    specialization.set(epilogue: epilogue)
    recorder.dispatch(
      ConvolutionGatherEpilogueKernel.self,
      .init(
        source: inputs[0].range, weight: inputs[1].range, result: target,
        input1: epilogue.input(1), input2: epilogue.input(2), input3: epilogue.input(3),
        input4: epilogue.input(4), input5: epilogue.input(5)),
      halves: ConvolutionGatherEpilogueKernel.halves(
        mask: inputs[0].halvesMask(binding: 0) | result.halvesMask(binding: 2)
          | epilogue.halvesMask(from: 1, binding: 2)),
      specialization: specialization,
      constants: gatherConstants(problem, chunks: chunks, chunkLength: length),
      workgroups: workgroups, arithmetic: 2 * problem.multiplications,
      executedMultiplications: executed)
    return
  }
  var specialization = ConvolutionGatherKernel.Specialization()
  specialization.set(tile, gathering: problem)
  specialization.hasBias = bias != nil && chunks == 1
  specialization.rowsPerBias = problem.rowsPerBias(bias)
  recorder.dispatch(
    ConvolutionGatherKernel.self,
    .init(
      source: inputs[0].range, weight: inputs[1].range, result: target,
      bias: bias?.range ?? inputs[1].range),
    halves: ConvolutionGatherKernel.halves(
      mask: inputs[0].halvesMask(binding: 0) | (chunks == 1 ? result.halvesMask(binding: 2) : 0)),
    specialization: specialization,
    constants: gatherConstants(problem, chunks: chunks, chunkLength: length),
    workgroups: workgroups, arithmetic: 2 * problem.multiplications,
    executedMultiplications: executed)
  guard chunks > 1 else { return }
  if let epilogue {
    recorder.mergePartials(target, chunks: chunks, into: result, epilogue: epilogue)
  } else {
    recorder.mergePartials(target, chunks: chunks, into: result, bias: bias, of: problem)
  }
}

/// Declares the dispatch of a transposed convolution to few channels.
private func recordNarrow(
  _ problem: ProductProblem, _ tile: ProductTile, _ inputs: [GraphTensor],
  into result: GraphTensor, epilogue: ChainCode?, with recorder: inout Recorder
) {
  let workgroups = WorkgroupCount.covering(
    tile.narrowInvocations(for: problem), by: tile.workgroupSize)
  let executed = tile.executedMultiplications(for: problem)
  if let epilogue {
    var specialization = ConvolutionNarrowEpilogueKernel.Specialization(
      workgroupSize: UInt32(tile.workgroupSize), cells: Int32(tile.rowsPerInvocation))
    specialization.set(problem, isSpecialized: true)
    specialization.set(epilogue: epilogue)
    recorder.dispatch(
      ConvolutionNarrowEpilogueKernel.self,
      .init(
        source: inputs[0].range, weight: inputs[1].range, result: result.range,
        input1: epilogue.input(1), input2: epilogue.input(2), input3: epilogue.input(3),
        input4: epilogue.input(4), input5: epilogue.input(5)),
      halves: ConvolutionNarrowEpilogueKernel.halves(
        mask: inputs[0].halvesMask(binding: 0) | result.halvesMask(binding: 2)
          | epilogue.halvesMask(from: 1, binding: 2)),
      specialization: specialization,
      constants: gatherConstants(problem, chunks: 1, chunkLength: 0), workgroups: workgroups,
      arithmetic: 2 * problem.multiplications, executedMultiplications: executed)
    return
  }
  let bias = inputs.count > 2 ? inputs[2] : nil
  var specialization = ConvolutionNarrowKernel.Specialization(
    workgroupSize: UInt32(tile.workgroupSize), hasBias: bias != nil,
    rowsPerBias: problem.rowsPerBias(bias), cells: Int32(tile.rowsPerInvocation))
  specialization.set(problem, isSpecialized: true)
  recorder.dispatch(
    ConvolutionNarrowKernel.self,
    .init(
      source: inputs[0].range, weight: inputs[1].range, result: result.range,
      bias: bias?.range ?? inputs[1].range),
    halves: ConvolutionNarrowKernel.halves(
      mask: inputs[0].halvesMask(binding: 0) | result.halvesMask(binding: 2)),
    specialization: specialization,
    constants: gatherConstants(problem, chunks: 1, chunkLength: 0), workgroups: workgroups,
    arithmetic: 2 * problem.multiplications, executedMultiplications: executed)
}

extension Recorder {
  /// Adds the partial sums of a product's chunks, and a bias.
  fileprivate mutating func mergePartials(
    _ partials: BufferRange, chunks: Int, into result: GraphTensor, bias: GraphTensor?,
    of problem: ProductProblem
  ) {
    dispatch(
      MergePartialsKernel.self,
      .init(partials: partials, result: result.range, bias: bias?.range ?? partials),
      halves: MergePartialsKernel.halves(mask: result.halvesMask(binding: 1)),
      specialization: .init(hasBias: bias != nil, rowsPerBias: problem.rowsPerBias(bias)),
      constants: .init(
        count: UInt32(result.count), channels: UInt32(problem.result[1]),
        area: UInt32(problem.result[2] * problem.result[3]), chunks: UInt32(chunks)),
      workgroups: .covering(result.count, by: 64), arithmetic: Double(chunks * result.count))
  }

  /// Adds the partial sums of a product's chunks and stores a chain's results.
  mutating func mergePartials(
    _ partials: BufferRange, chunks: Int, into result: GraphTensor, epilogue: ChainCode
  ) {
    var specialization = MergePartialsEpilogueKernel.Specialization()
    specialization.set(epilogue: epilogue)
    dispatch(
      MergePartialsEpilogueKernel.self,
      .init(
        partials: partials, result: result.range, input1: epilogue.input(1),
        input2: epilogue.input(2), input3: epilogue.input(3), input4: epilogue.input(4),
        input5: epilogue.input(5)),
      halves: MergePartialsEpilogueKernel.halves(
        mask: result.halvesMask(binding: 1) | epilogue.halvesMask(from: 1, binding: 1)),
      specialization: specialization,
      constants: .init(
        count: UInt32(result.count), channels: 1, area: UInt32(result.count),
        chunks: UInt32(chunks)),
      workgroups: .covering(result.count, by: 64), arithmetic: Double(chunks * result.count))
  }
}

/// Push constants of the kernels with `convolution_sizes.glsl` that gather.
private protocol GatherConstants {
  init(
    batch: UInt32, groups: UInt32, sourceChannels: UInt32, resultChannels: UInt32,
    sourceHeight: Int32, sourceWidth: Int32, resultHeight: Int32, resultWidth: Int32,
    paddingY: Int32, paddingX: Int32, chunks: UInt32, chunkLength: UInt32)
}

extension ConvolutionGatherKernel.Constants: GatherConstants {}
extension ConvolutionGatherEpilogueKernel.Constants: GatherConstants {}
extension ConvolutionNarrowKernel.Constants: GatherConstants {}
extension ConvolutionNarrowEpilogueKernel.Constants: GatherConstants {}

private func gatherConstants<Constants: GatherConstants>(
  _ problem: ProductProblem, chunks: Int, chunkLength: Int
) -> Constants {
  let (source, result) = (problem.source, problem.result)
  return Constants(
    batch: UInt32(source[0]), groups: UInt32(problem.geometry.groups),
    sourceChannels: UInt32(problem.sourceChannels), resultChannels: UInt32(problem.rows),
    sourceHeight: Int32(source[2]), sourceWidth: Int32(source[3]),
    resultHeight: Int32(result[2]), resultWidth: Int32(result[3]),
    paddingY: Int32(problem.geometry.padding.y), paddingX: Int32(problem.geometry.padding.x),
    chunks: UInt32(chunks), chunkLength: UInt32(chunkLength))
}

/// Specialization constants of both variants of the gathering kernel.
private protocol GatherSpecialization: TiledSpecialization, ConvolutionSpecialization {
  var transposed: Bool { get set }
  var tapStepY: Int32 { get set }
  var tapStepX: Int32 { get set }
  var uneven: Bool { get set }
  var wholeChannels: Bool { get set }
}

extension ConvolutionGatherKernel.Specialization: GatherSpecialization {}
extension ConvolutionGatherEpilogueKernel.Specialization: GatherSpecialization {}

extension GatherSpecialization {
  /// Sets the tile, sizes, and what depends on phases and taps.
  fileprivate mutating func set(_ tile: ProductTile, gathering problem: ProductProblem) {
    set(tile, for: problem)
    set(problem, isSpecialized: tile.specializesSizes)
    transposed = problem.kind == .byInput
    let taps: Int
    if transposed {
      let geometry = problem.geometry
      let step = PerAxis(y: geometry.tapStep(\.y), x: geometry.tapStep(\.x))
      (tapStepY, tapStepX) = (Int32(step.y), Int32(step.x))
      uneven =
        problem.kernel.y % step.y != 0 || problem.kernel.x % step.x != 0 || step != geometry.stride
      taps = problem.kernel.y / step.y * (problem.kernel.x / step.x)
    } else {
      taps = problem.kernel.y * problem.kernel.x
    }
    wholeChannels = !uneven && tile.depth % taps == 0
  }
}

extension ProductProblem {
  /// Rows that share a bias: elements of a spanned axis have become channels of their own.
  fileprivate func rowsPerBias(_ bias: GraphTensor?) -> UInt32 {
    bias.map { UInt32(result[1] / $0.count) } ?? 1
  }

  /// Columns of the first phase, which has the most positions even where it has no taps.
  fileprivate var firstPhaseColumns: Int {
    guard kind == .byInput else { return columns }
    let stride = geometry.stride
    return result[0] * ((result[2] + stride.y - 1) / stride.y)
      * ((result[3] + stride.x - 1) / stride.x)
  }
}
