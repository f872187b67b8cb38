import TensorKernels
package import Tensors
import VulkanCompute

/// Phases integrated along a maximum spanning tree of the time-frequency grid.
///
/// Each bin is joined to the next frame's (the last frame's to the first's) and to the next bin of
/// its frame. An edge weighs the product of its ends' magnitudes: the strongest edges form the
/// tree, and phases differ along them by a ``PhaseGradient``. With two frames per node, frames are
/// joined in pairs first, bin by bin. The phase difference of an edge to the next bin is then the
/// angle of the sum of both frames' directions, weighted by their products, and the edge weighs as
/// much as that sum is long: where the frames contradict each other, their mean is no more than
/// rounding, and the tree goes elsewhere. Bins more than 80 dB below the strongest take independent
/// phases from the seed, the same for every item; DC and Nyquist are made real.
///
/// **The same tree everywhere**, for one frame per node: magnitudes are scaled by a power of two and
/// bounded below at 2⁻¹⁷; products round the same on every device, and equal weights are told apart
/// by the edge's number. So equal magnitudes have the same tree. With two frames per node, weights of
/// edges to the next bin contain logarithms and a cosine besides: there trees are the same in
/// reproducible arithmetic, and otherwise but for edges that weigh the same to rounding. Neighbouring bins between which a picture
/// does not tell (those of one band alone, silence) would weigh the same but for rounding: each bin's
/// level counts 2⁻¹² less than that of the bin below (for 513 bins), far more than devices differ by.
/// Phases are 32-bit fractions of a turn: their sums wrap around and do not depend on the order, so a
/// sequential and a parallel construction agree but for the rounding of logarithms, which are those
/// of ratios near 1. The phase is 0 where the heaviest edge begins: another choice at a weak edge
/// turns what hangs on it, not the whole sound. Most such choices are between an edge to the next
/// bin and the same of the next frame; with two frames per node these are one edge, whose phase
/// difference follows the magnitudes without a jump.
///
/// **Vulkan**: rounds of Borůvka (1926). In each, every component finds its best edge outwards
/// (integer atomics), hooks onto the neighbour with the edge's difference of phases, and pointers
/// jump to the new roots, adding differences. A component at least doubles in every round, so
/// ⌈log₂ n⌉ rounds are enough for any input; when one component is left, an item's further rounds
/// return at once. **CPU**: Kruskal (1956) with a radix sort, one item per thread.
///
/// **Shape** magnitudes [B, M, K], their maxima [B], carriers [K] → directions of length 1
/// [B, M, 2, K]. **Gradient** none. **Cost** 3 + 5 to 7 dispatches for each of ⌈log₂ MK⌉ rounds.
package struct PhaseTree: Operation {
  /// Phase differences from magnitudes.
  package let gradient: PhaseGradient
  /// Of the phases of weak bins.
  package let seed: UInt64
  /// 1, or 2: frames joined in pairs.
  package let framesPerNode: Int

  package static let name = "phase tree"

  package var isReproducible: Bool { true }

  /// Bins weaker than this part of the strongest, -80 dB, have no phase of their own.
  static let weakest: Float = 1e-4

  /// How much less a bin's level counts than that of the bin below: a power of two, so that factors
  /// are exact; below 1/4 for all bins together.
  static func tilt(bins: Int) -> Float {
    Float(sign: .plus, exponent: -(Int.bitWidth - bins.leadingZeroBitCount) - 2, significand: 1)
  }

  /// The directions of magnitudes [B, M, K].
  package static func directions(
    of magnitudes: Tensor, gradient: PhaseGradient, seed: UInt64, framesPerNode: Int = 1
  ) -> Tensor {
    precondition(
      framesPerNode == 1 || framesPerNode == 2, "\(Self.name): \(framesPerNode) frames per node")
    let carriers = gradient.carriers
    return Tensor(
      PhaseTree(gradient: gradient, seed: seed, framesPerNode: framesPerNode),
      of: [
        magnitudes, magnitudes.maximum(over: [1, 2]),
        .constant(carriers, shape: [carriers.count]),
      ])
  }

  package func shape(for inputs: [Shape]) -> Shape {
    let magnitudes = inputs[0]
    precondition(
      magnitudes.rank == 3 && magnitudes[2] == gradient.fftSize / 2 + 1
        && inputs[1] == [magnitudes[0]] && inputs[2] == [magnitudes[2]],
      "\(Self.name): magnitudes \(magnitudes), maxima \(inputs[1]), carriers \(inputs[2]), "
        + "N \(gradient.fftSize)")
    precondition(
      magnitudes[1] * magnitudes[2] < 1 << 30, "\(Self.name): \(magnitudes) has too many edges")
    return [magnitudes[0], magnitudes[1], 2, magnitudes[2]]
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (frames, bins) = (inputs[0].shape[1], inputs[0].shape[2])
    workers.forEach(inputs[0].shape[0]) { item in
      let tree = SequentialPhaseTree(
        frames: frames, bins: bins, magnitudes: inputs[0].floats + item * frames * bins,
        peak: inputs[1].floats[item], carriers: inputs[2].floats, gradient: gradient,
        framesPerNode: framesPerNode)
      tree.store(into: result.floats + item * frames * 2 * bins, seed: seed)
    }
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): not differentiable; use a random start for gradients")
  }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double { 200 * Double(result.count) }
}
