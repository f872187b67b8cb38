import Testing
import VulkanCompute

@Suite("Hot loops of AMD's assembly")
struct HotLoopTests {
  /// As ACO prints it: blocks at the margin, instructions indented, machine code behind.
  static let assembly = """
    BB0:
    \ts_load_dwordx2 s[2:3], s[0:1], 0x0 ; f4040080
    BB1:
    \tv_fma_f32 v1, v2, v3, v1           ; d54b0001
    \ts_cbranch_scc1 BB3                 ; bf850004
    BB2:
    \ts_waitcnt lgkmcnt(0)               ; bf8cc07f
    \tv_fmac_f32_e32 v4, v2, v3          ; 56080702
    \tv_dual_fmac_f32 v5, v2, v3 :: v_dual_fmac_f32 v6, v2, v3 ; c8000702
    \tv_mac_f32_e32 v7, v2, v3           ; 2c080702
    \tv_add_f32_e32 v7, v2, v3           ; 06080702
    \ts_cbranch_scc0 BB2                 ; bf84fffa
    BB3:
    \ts_branch BB1                       ; bf82fff0
    BB4:
    \ts_endpgm                           ; bf810000
    """

  @Test("the innermost loop with the most multiply-adds is counted whole")
  func innermost() throws {
    let loop = try #require(HotLoop(assembly: Self.assembly))
    #expect(loop.instructions == 6 && loop.multiplyAdds == 4)
    #expect(abs(loop.share - 4.0 / 6) < 1e-12)
  }

  @Test("no loop, no figure")
  func straight() {
    #expect(HotLoop(assembly: "BB0:\n\tv_fma_f32 v1, v2, v3, v1\n\ts_endpgm\n") == nil)
    #expect(HotLoop(assembly: "") == nil)
    // All but v_mac_f32, which rounds the product by itself.
    #expect(HotLoop.fusedMultiplyAdds(in: Self.assembly) == 4)
    #expect(
      HotLoop.fusedMultiplyAdds(in: "\tv_mad_f32 v1, v2, v3, v1\n\tv_mul_f32_e32 v1, v2, v3\n") == 0
    )
    #expect(HotLoop.fusedMultiplyAdds(in: "\tv_pk_fma_f32 v[0:1], v[2:3], v[4:5], v[0:1]\n") == 1)
  }
}
