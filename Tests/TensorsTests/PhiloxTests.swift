import Tensors
import Testing

@Suite("Philox 4x32-10")
struct PhiloxTests {
  /// The known-answer vectors of Random123 1.14.
  @Test(arguments: [
    (
      SIMD4<UInt32>(repeating: 0), SIMD2<UInt32>(repeating: 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4<UInt32>(repeating: .max), SIMD2<UInt32>(repeating: .max),
      SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      SIMD2<UInt32>(0xa409_3822, 0x299f_31d0),
      SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func knownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>) {
    #expect(Philox.block(counter: counter, key: key) == expected)
  }

  @Test("a stream hands out its blocks in order")
  func streamOrder() {
    var stream = PhiloxStream(seed: 0x1234_5678_9abc_def0, stream: 0x0fed_cba9_8765_4321)
    let key = SIMD2<UInt32>(0x9abc_def0, 0x1234_5678)
    for number in UInt32(0)..<3 {
      let block = Philox.block(
        counter: SIMD4(number, 0, 0x8765_4321, 0x0fed_cba9), key: key)
      for lane in 0..<4 { #expect(stream.next32() == block[lane]) }
    }
  }

  @Test("integers and choices cover their range evenly")
  func evenIntegers() {
    var stream = PhiloxStream(seed: 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.integer(below: 7)] += 1 }
    for count in counts { #expect(abs(count - 10_000) < 500) }
  }
}
