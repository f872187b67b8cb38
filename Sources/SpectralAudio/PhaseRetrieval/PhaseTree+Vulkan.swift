import TensorKernels
package import Tensors
import VulkanCompute

extension PhaseTree {
  /// How far pointers jump in one dispatch.
  private static let jumps = 128

  /// Rounds after which one component is left: ⌈log₂ n⌉.
  static func roundCount(nodes: Int) -> Int {
    nodes <= 1 ? 0 : Int.bitWidth - (nodes - 1).leadingZeroBitCount
  }

  /// Dispatches of `phase_tree_jump` before the last jumps reach the root of a chain of any length.
  static func jumpCount(nodes: Int) -> Int {
    var (count, reached) = (0, jumps)
    while reached < nodes {
      reached *= jumps + 1
      count += 1
    }
    return count
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let (items, frames, bins) = (result.shape[0], result.shape[1], result.shape[3])
    let (places, nodes) = (frames * bins, (frames + framesPerNode - 1) / framesPerNode * bins)
    let rounds = Self.roundCount(nodes: nodes)
    var scratch = Scratch(
      levels: items * places, nodes: items * nodes, pending: (rounds + 3) * items, &recorder)
    let size = { (count: Int) in
      Sizes(
        items: UInt32(items), frames: UInt32(frames), bins: UInt32(bins),
        framesPerNode: UInt32(framesPerNode), transformSize: UInt32(gradient.fftSize),
        workgroupsPerItem: UInt32((count + 128 * 8 - 1) / (128 * 8)))
    }
    let (placeSizes, sizes) = (size(places), size(nodes))

    recorder.dispatch(
      PhaseTreeBeginKernel.self,
      .init(
        magnitudes: inputs[0].range, peaks: inputs[1].range, levels: scratch.levels,
        components: scratch.components, phases: scratch.phases, weights: scratch.weights,
        edges: scratch.edges, pending: scratch.pending),
      specialization: .init(), constants: placeSizes.begin(rounds: rounds + 1),
      workgroups: placeSizes.grid, arithmetic: Double(items * places))
    recorder.dispatch(
      PhaseTreeWeightsKernel.self,
      .init(
        levels: scratch.levels, carriers: inputs[2].range, edgeWeights: scratch.edgeWeights),
      specialization: .init(
        turnsAlongTime: gradient.turnsAlongTime,
        turnsAlongFrequency: gradient.turnsAlongFrequency, tilt: Self.tilt(bins: bins)),
      constants: sizes.weights, workgroups: sizes.grid, arithmetic: 100 * Double(items * nodes))
    for round in 0..<rounds {
      recordRound(round, sizes, carriers: inputs[2].range, nodes: nodes, &scratch, &recorder)
    }
    recorder.dispatch(
      PhaseTreeFinishKernel.self,
      .init(
        magnitudes: inputs[0].range, peaks: inputs[1].range, phases: scratch.phases,
        directions: result.range, pending: scratch.pending, levels: scratch.levels,
        carriers: inputs[2].range),
      specialization: .init(
        weakest: Self.weakest, seedLow: UInt32(truncatingIfNeeded: seed),
        seedHigh: UInt32(truncatingIfNeeded: seed >> 32),
        turnsAlongTime: gradient.turnsAlongTime),
      constants: placeSizes.finish, workgroups: placeSizes.grid,
      arithmetic: 100 * Double(items * places))
  }

  private func recordRound(
    _ round: Int, _ sizes: Sizes, carriers: BufferRange, nodes: Int, _ scratch: inout Scratch,
    _ recorder: inout Recorder
  ) {
    let grid = sizes.grid
    let work = 10 * Double(Int(sizes.items) * nodes)
    for choose in [false, true] {
      recorder.dispatch(
        PhaseTreeEdgesKernel.self,
        .init(
          edgeWeights: scratch.edgeWeights, components: scratch.components,
          pending: scratch.pending, weights: scratch.weights, edges: scratch.edges),
        specialization: .init(choose: choose), constants: sizes.edges(round), workgroups: grid,
        arithmetic: work)
    }
    recorder.dispatch(
      PhaseTreeHookKernel.self,
      .init(
        levels: scratch.levels, carriers: carriers, components: scratch.components,
        phases: scratch.phases, edges: scratch.edges, parents: scratch.parents,
        lifts: scratch.lifts, pending: scratch.pending),
      specialization: .init(
        turnsAlongTime: gradient.turnsAlongTime,
        turnsAlongFrequency: gradient.turnsAlongFrequency),
      constants: sizes.hook(round), workgroups: grid, arithmetic: work)
    for _ in 0..<Self.jumpCount(nodes: nodes) {
      recorder.dispatch(
        PhaseTreeJumpKernel.self,
        .init(
          components: scratch.components, parents: scratch.parents, lifts: scratch.lifts,
          pending: scratch.pending, newParents: scratch.newParents, newLifts: scratch.newLifts),
        specialization: .init(jumps: UInt32(Self.jumps)), constants: sizes.jump(round),
        workgroups: grid, arithmetic: work)
      scratch.exchangeParents()
    }
    recorder.dispatch(
      PhaseTreeRelabelKernel.self,
      .init(
        parents: scratch.parents, lifts: scratch.lifts, pending: scratch.pending,
        components: scratch.components, phases: scratch.phases, weights: scratch.weights,
        edges: scratch.edges),
      specialization: .init(jumps: UInt32(Self.jumps)), constants: sizes.relabel(round),
      workgroups: grid, arithmetic: work)
  }
}

/// Intermediate results: one number for each node and item; levels for each bin, weights for each
/// edge.
private struct Scratch {
  let levels, edgeWeights, components, phases, weights, edges, pending: BufferRange
  private(set) var parents, lifts, newParents, newLifts: BufferRange

  init(levels: Int, nodes count: Int, pending: Int, _ recorder: inout Recorder) {
    self.levels = recorder.scratch(count: levels)
    edgeWeights = recorder.scratch(count: 2 * count)
    components = recorder.scratch(count: count)
    phases = recorder.scratch(count: count)
    weights = recorder.scratch(count: count)
    edges = recorder.scratch(count: count)
    parents = recorder.scratch(count: count)
    lifts = recorder.scratch(count: count)
    newParents = recorder.scratch(count: count)
    newLifts = recorder.scratch(count: count)
    self.pending = recorder.scratch(count: pending)
  }

  mutating func exchangeParents() {
    swap(&parents, &newParents)
    swap(&lifts, &newLifts)
  }
}

/// The push constants that all kernels share.
private struct Sizes {
  let items, frames, bins, framesPerNode, transformSize, workgroupsPerItem: UInt32

  /// Workgroups for all items.
  var grid: WorkgroupCount { .covering(Int(items * workgroupsPerItem), by: 1) }

  func begin(rounds: Int) -> PhaseTreeBeginKernel.Constants {
    .init(
      items: items, frames: frames, bins: bins, framesPerNode: framesPerNode,
      transformSize: transformSize, workgroupsPerItem: workgroupsPerItem, round: UInt32(rounds))
  }

  var weights: PhaseTreeWeightsKernel.Constants {
    .init(
      items: items, frames: frames, bins: bins, framesPerNode: framesPerNode,
      transformSize: transformSize, workgroupsPerItem: workgroupsPerItem, round: 0)
  }

  func edges(_ round: Int) -> PhaseTreeEdgesKernel.Constants {
    .init(
      items: items, frames: frames, bins: bins, framesPerNode: framesPerNode,
      transformSize: transformSize, workgroupsPerItem: workgroupsPerItem, round: UInt32(round))
  }

  func hook(_ round: Int) -> PhaseTreeHookKernel.Constants {
    .init(
      items: items, frames: frames, bins: bins, framesPerNode: framesPerNode,
      transformSize: transformSize, workgroupsPerItem: workgroupsPerItem, round: UInt32(round))
  }

  func jump(_ round: Int) -> PhaseTreeJumpKernel.Constants {
    .init(
      items: items, frames: frames, bins: bins, framesPerNode: framesPerNode,
      transformSize: transformSize, workgroupsPerItem: workgroupsPerItem, round: UInt32(round))
  }

  func relabel(_ round: Int) -> PhaseTreeRelabelKernel.Constants {
    .init(
      items: items, frames: frames, bins: bins, framesPerNode: framesPerNode,
      transformSize: transformSize, workgroupsPerItem: workgroupsPerItem, round: UInt32(round))
  }

  var finish: PhaseTreeFinishKernel.Constants {
    .init(
      items: items, frames: frames, bins: bins, framesPerNode: framesPerNode,
      transformSize: transformSize, workgroupsPerItem: workgroupsPerItem, round: 0)
  }
}
