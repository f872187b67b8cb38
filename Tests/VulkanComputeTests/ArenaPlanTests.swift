import Testing
import VulkanCompute

@Suite("Arena placement")
struct ArenaPlanTests {
  static func lifetimes(seed: UInt64) -> [ArenaPlan.Lifetime] {
    var random = TestRandom(seed: seed)
    return (0..<Int.random(in: 1...80, using: &random)).map { _ in
      let first = Int.random(in: 0..<60, using: &random)
      return .init(
        byteCount: Int.random(in: 1...5000, using: &random), first: first,
        last: first + Int.random(in: 0..<20, using: &random))
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func valuesAliveTogetherNeverShareBytes(seed: UInt64) {
    let lifetimes = Self.lifetimes(seed: seed)
    let plan = ArenaPlan(lifetimes: lifetimes, alignment: 64)
    for a in lifetimes.indices {
      #expect(plan.offsets[a] % 64 == 0)
      #expect(plan.offsets[a] + lifetimes[a].byteCount <= plan.byteCount)
      for b in 0..<a
      where lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last {
        let first = plan.offsets[a]..<plan.offsets[a] + lifetimes[a].byteCount
        let second = plan.offsets[b]..<plan.offsets[b] + lifetimes[b].byteCount
        #expect(!first.overlaps(second), "values \(a) and \(b)")
      }
    }
    #expect(plan.byteCount <= plan.unaliasedByteCount)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func noValueCrossesABlock(seed: UInt64) {
    let lifetimes = Self.lifetimes(seed: seed)
    let plan = ArenaPlan(lifetimes: lifetimes, alignment: 256, blockByteCount: 8192)
    for (offset, lifetime) in zip(plan.offsets, lifetimes) {
      #expect(offset / 8192 == (offset + lifetime.byteCount - 1) / 8192)
    }
  }

  @Test func aChainAlternatesBetweenTwoPlaces() {
    let chain = (0..<100).map { ArenaPlan.Lifetime(byteCount: 1000, first: $0, last: $0 + 1) }
    let plan = ArenaPlan(lifetimes: chain, alignment: 256)
    #expect(plan.byteCount == 1024 + 1000)
    #expect(plan.unaliasedByteCount == 99 * 1024 + 1000)
  }

  @Test func reusesTheBytesOfADeadValue() {
    let plan = ArenaPlan(lifetimes: [
      .init(byteCount: 1024, first: 0, last: 1),
      .init(byteCount: 512, first: 1, last: 2),
      .init(byteCount: 768, first: 2, last: 3),
    ])
    #expect(plan.offsets == [0, 1024, 0])
    #expect(plan.byteCount == 1536)
  }

  @Test func anEmptyArenaHasNoBytes() {
    #expect(ArenaPlan(lifetimes: []).byteCount == 0)
  }
}
