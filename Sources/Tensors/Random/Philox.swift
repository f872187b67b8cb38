/// The counter-based generator Philox 4x32-10.
///
/// A block of four 32-bit numbers is a pure function of a 128-bit counter and a 64-bit key, in
/// integer arithmetic only: the same on every machine and in any order of evaluation.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
public enum Philox {
  /// The block of one counter.
  public static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 { key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85) }
      let left = counter.x.multipliedFullWidth(by: 0xD251_1F53)
      let right = counter.z.multipliedFullWidth(by: 0xCD9E_8D57)
      counter = SIMD4(
        right.high ^ counter.y ^ key.x, right.low, left.high ^ counter.w ^ key.y, left.low)
    }
    return counter
  }
}
