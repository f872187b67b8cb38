import BreakbeatTraining
import TensorKernels
import Testing
import VulkanCompute

/// What a driver's numbers mean to `vamen kernels --check`.
@Suite("Verdicts on compiled kernels")
struct KernelVerdictTests {
  /// A loop of four instructions, three of them multiply-adds.
  private static let assembly = """
    BB1:
    \tv_fma_f32 v1, v2, v3, v1
    \tv_fma_f32 v4, v2, v3, v4
    \tv_fma_f32 v5, v2, v3, v5
    \ts_cbranch_scc0 BB1
    """

  /// A verdict on a kernel whose name begins so.
  private func verdict(
    _ name: String, spills: Double? = 0, scalarSpills: Double = 0, waves: Double? = 8,
    assembly: String? = Self.assembly, isReproducible: Bool = false
  ) throws -> KernelVerdict {
    var kernel = try #require(everyKernel.first { $0.name.hasPrefix(name) })
    if isReproducible { kernel = kernel.reproducible }
    var pipeline = KernelSurvey.Pipeline(
      kernel: kernel, specialization: try kernel.defaultSpecialization())
    pipeline.multiplications = 100
    var statistics = ["VGPRs": 64.0, "Spilled SGPRs": scalarSpills]
    statistics["Spilled VGPRs"] = spills
    statistics["Subgroups per SIMD"] = waves
    return KernelVerdict(
      pipeline,
      KernelCompilation(
        kernel: kernel.name, statistics: statistics,
        representations: assembly.map { ["Assembly": $0] } ?? [:]))
  }

  @Test("a product may spill nothing and needs four waves")
  func products() throws {
    #expect(try verdict("convolution_").faults.isEmpty)
    #expect(try verdict("convolution_", waves: 4).faults.isEmpty)
    #expect(try verdict("convolution_", spills: 1).faults == ["1 vector registers spilled"])
    #expect(try verdict("matrix_product", scalarSpills: 2).faults == ["2 scalar registers spilled"])
    #expect(try verdict("convolution_", waves: 3).faults == ["3 waves per SIMD, fewer than 4"])
  }

  @Test("other kernels may spill sixteen of each, and may be few")
  func others() throws {
    #expect(try verdict("adam", spills: 16, scalarSpills: 16, waves: 1).faults.isEmpty)
    #expect(try verdict("adam", spills: 17, scalarSpills: 17).faults.count == 2)
  }

  @Test("what gives the same bits everywhere has no fused multiply-add, and may spill more")
  func reproducible() throws {
    let faults = try verdict("adam", spills: 33, isReproducible: true).faults
    #expect(faults.count == 2 && faults[1].contains("fused multiply-adds"), "\(faults)")
    let unfused = Self.assembly.replacing("v_fma", with: "v_mad")
    #expect(try verdict("adam", spills: 32, assembly: unfused, isReproducible: true).faults.isEmpty)
    #expect(try verdict("adam", assembly: unfused).faults.isEmpty)
  }

  @Test("a check fails on faults, on too few multiply-adds, and where the driver is silent")
  func problems() throws {
    let good = try verdict("convolution_")
    #expect(try abs(#require([good].mainTile).share - 0.75) < 1e-12)
    #expect([good].problems(leastShare: nil).isEmpty && [good].problems(leastShare: 75).isEmpty)
    #expect([good].problems(leastShare: 76) == ["the main tile's share is below 76.0%"])
    let bad = try verdict("convolution_", spills: 3)
    #expect([good, bad].problems(leastShare: nil).count == 1)
    let blind = try verdict("convolution_", assembly: nil)
    #expect([blind].problems(leastShare: nil).isEmpty)
    #expect([blind].problems(leastShare: 1).first?.contains("no assembly") == true)
    for silent in [try verdict("convolution_", spills: nil), try verdict("adam", waves: nil)] {
      #expect(
        [good, silent].problems(leastShare: nil).first?.contains("does not tell") == true)
    }
  }
}
