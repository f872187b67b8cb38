import TensorKernels
import VulkanCompute

/// An operation whose kernels read and write feature maps of 16-bit elements. They compute in 32
/// bits: an element is widened when it is read and rounded when it is stored.
protocol HalfStoring: Operation {
  /// Whether input `index` may hold 16-bit elements.
  func readsHalves(_ index: Int) -> Bool
  /// Whether the result may.
  var writesHalves: Bool { get }
}

extension HalfStoring {
  /// Every input may, unless an operation says otherwise.
  func readsHalves(_ index: Int) -> Bool { true }
}

/// A kernel with a variant `halves`; bit b of the variant's own constant says that the buffer at
/// binding b holds 16-bit elements.
protocol HalvesKernel: ComputeKernel {
  /// The variant.
  static var halves: Kernel { get }
}

extension HalvesKernel {
  /// The variant for a set of bindings; `nil` for the empty set.
  static func halves(mask: UInt32) -> KernelVariant? {
    mask == 0 ? nil : KernelVariant(halves, of: Self.self, [mask])
  }
}

extension ChainCode {
  /// The inputs with 16-bit elements, as bits of bindings of which the first input's is `binding`.
  ///
  /// - Parameter first: The first input that the chain reads: 1 in an epilogue.
  func halvesMask(from first: Int, binding: Int) -> UInt32 {
    inputs.indices.dropFirst(first).reduce(0) {
      $0 | (inputs[$1].elementType == .float16 ? 1 << UInt32($1 + binding) : 0)
    }
  }
}

extension GraphTensor {
  /// A binding's bit where the tensor has 16-bit elements.
  func halvesMask(binding: Int) -> UInt32 { elementType == .float16 ? 1 << UInt32(binding) : 0 }
}

extension ConvolutionGatherKernel: HalvesKernel {
  static var halves: Kernel { ConvolutionGatherHalvesKernel.kernel }
}
extension ConvolutionGatherEpilogueKernel: HalvesKernel {
  static var halves: Kernel { ConvolutionGatherEpilogueHalvesKernel.kernel }
}
extension ConvolutionNarrowKernel: HalvesKernel {
  static var halves: Kernel { ConvolutionNarrowHalvesKernel.kernel }
}
extension ConvolutionNarrowEpilogueKernel: HalvesKernel {
  static var halves: Kernel { ConvolutionNarrowEpilogueHalvesKernel.kernel }
}
extension ConvolutionWeightGradientKernel: HalvesKernel {
  static var halves: Kernel { ConvolutionWeightGradientHalvesKernel.kernel }
}
extension MergePartialsKernel: HalvesKernel {
  static var halves: Kernel { MergePartialsHalvesKernel.kernel }
}
extension MergePartialsEpilogueKernel: HalvesKernel {
  static var halves: Kernel { MergePartialsEpilogueHalvesKernel.kernel }
}
extension NormalizationStatisticsKernel: HalvesKernel {
  static var halves: Kernel { NormalizationStatisticsHalvesKernel.kernel }
}
extension PointwiseChainKernel: HalvesKernel {
  static var halves: Kernel { PointwiseChainHalvesKernel.kernel }
}
extension ReduceChainKernel: HalvesKernel {
  static var halves: Kernel { ReduceChainHalvesKernel.kernel }
}
