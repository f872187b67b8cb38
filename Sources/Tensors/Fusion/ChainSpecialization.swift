import TensorKernels
import VulkanCompute

/// Specialization constants that every kernel with `chain.glsl` has.
protocol ChainSpecialization {
  var load1: UInt32 { get set }
  var load2: UInt32 { get set }
  var load3: UInt32 { get set }
  var load4: UInt32 { get set }
  var load5: UInt32 { get set }
  var load6: UInt32 { get set }
  var load7: UInt32 { get set }
  var instruction0: UInt32 { get set }
  var instruction1: UInt32 { get set }
  var instruction2: UInt32 { get set }
  var instruction3: UInt32 { get set }
  var instruction4: UInt32 { get set }
  var instruction5: UInt32 { get set }
  var instruction6: UInt32 { get set }
  var instruction7: UInt32 { get set }
  var instruction8: UInt32 { get set }
  var instruction9: UInt32 { get set }
  var instruction10: UInt32 { get set }
  var instruction11: UInt32 { get set }
  var instruction12: UInt32 { get set }
  var instruction13: UInt32 { get set }
  var instruction14: UInt32 { get set }
  var instruction15: UInt32 { get set }
  var firstResult: UInt32 { get set }
}

extension ChainSpecialization {
  /// Sets loads but for the first, instructions and the first result.
  mutating func set(chain code: ChainCode) {
    (load1, load2, load3, load4) = (code.load(1), code.load(2), code.load(3), code.load(4))
    (load5, load6, load7) = (code.load(5), code.load(6), code.load(7))
    (instruction0, instruction1) = (code.instruction(0), code.instruction(1))
    (instruction2, instruction3) = (code.instruction(2), code.instruction(3))
    (instruction4, instruction5) = (code.instruction(4), code.instruction(5))
    (instruction6, instruction7) = (code.instruction(6), code.instruction(7))
    (instruction8, instruction9) = (code.instruction(8), code.instruction(9))
    (instruction10, instruction11) = (code.instruction(10), code.instruction(11))
    (instruction12, instruction13) = (code.instruction(12), code.instruction(13))
    (instruction14, instruction15) = (code.instruction(14), code.instruction(15))
    firstResult = code.result(0)
  }
}

/// Specialization constants that a kernel's variant with an ``Epilogue`` has besides.
protocol EpilogueSpecialization: ChainSpecialization {
  var inner1: UInt32 { get set }
  var size1: UInt32 { get set }
  var inner2: UInt32 { get set }
  var size2: UInt32 { get set }
  var inner3: UInt32 { get set }
  var size3: UInt32 { get set }
  var number0: Float { get set }
  var number1: Float { get set }
  var number2: Float { get set }
  var number3: Float { get set }
  var number4: Float { get set }
  var number5: Float { get set }
  var number6: Float { get set }
  var number7: Float { get set }
}

extension EpilogueSpecialization {
  /// Sets the whole chain.
  mutating func set(epilogue code: ChainCode) {
    set(chain: code)
    (inner1, size1) = (code.inner(0), code.size(0))
    (inner2, size2) = (code.inner(1), code.size(1))
    (inner3, size3) = (code.inner(2), code.size(2))
    (number0, number1) = (code.number(0), code.number(1))
    (number2, number3) = (code.number(2), code.number(3))
    (number4, number5) = (code.number(4), code.number(5))
    (number6, number7) = (code.number(6), code.number(7))
  }
}

extension PointwiseChainKernel.Specialization: ChainSpecialization {}
extension ReduceChainKernel.Specialization: ChainSpecialization {}
extension ConvolutionGatherEpilogueKernel.Specialization: EpilogueSpecialization {}
extension ConvolutionNarrowEpilogueKernel.Specialization: EpilogueSpecialization {}
extension MatrixProductEpilogueKernel.Specialization: EpilogueSpecialization {}
extension MergePartialsEpilogueKernel.Specialization: EpilogueSpecialization {}
