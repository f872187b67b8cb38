import VulkanCompute

/// A graph of random steps over a few buffers, with what it computes worked out on the host.
///
/// Every buffer is cut into slots of 64 words. A step writes one slot (a fill), or a row of slots
/// from one or two rows (a copy, a mix).
struct RandomGraph {
  static let slotWords = 64
  static let slotByteCount = slotWords * 4

  private(set) var graph = DispatchGraph(label: "random")
  /// Expected words of each buffer; nil where undefined.
  private(set) var contents: [[UInt32?]] = []
  private var ranges: [BufferRange] = []
  private var random: TestRandom

  /// - Parameters:
  ///   - external: The result's buffer; everything else is transient.
  init(seed: UInt64, stepCount: Int, external: Buffer?) {
    random = TestRandom(seed: seed)
    let transientCount = Int.random(in: 3...12, using: &random)
    if let external {
      ranges.append(graph.external(external, label: "result"))
      contents.append(Array(repeating: nil, count: external.byteCount / 4))
    }
    for index in 0..<transientCount {
      let slots = Int.random(in: 1...8, using: &random)
      ranges.append(graph.transient(byteCount: slots * Self.slotByteCount, label: "t\(index)"))
      contents.append(Array(repeating: nil, count: slots * Self.slotWords))
    }
    for _ in 0..<stepCount { addStep() }
    if external != nil {
      for index in 0..<contents[0].count / Self.slotWords
      where contents[0][index * Self.slotWords] == nil {
        fill(0, slot: index, with: 7)
      }
    }
  }

  private mutating func addStep() {
    let target = Int.random(in: 0..<ranges.count, using: &random)
    let slots = contents[target].count / Self.slotWords
    let first = Int.random(in: 0..<slots, using: &random)
    let count = Int.random(in: 1...slots - first, using: &random)
    let choice = Int.random(in: 0..<8, using: &random)
    guard choice > 0, let a = source(count, notIn: target) else {
      return fill(target, slot: first, with: UInt32.random(in: 0 ... .max, using: &random))
    }
    if choice == 1 {
      copy(a, to: target, first, count)
    } else {
      mix(a, source(count, notIn: target) ?? a, to: target, first, count)
    }
  }

  /// Defined slots of another buffer.
  private mutating func source(_ count: Int, notIn target: Int) -> (buffer: Int, slot: Int)? {
    var found: [(Int, Int)] = []
    for (buffer, words) in contents.enumerated() where buffer != target {
      let slots = words.count / Self.slotWords
      guard slots >= count else { continue }
      for slot in 0...slots - count
      where words[slot * Self.slotWords..<(slot + count) * Self.slotWords].allSatisfy({ $0 != nil })
      {
        found.append((buffer, slot))
      }
    }
    return found.randomElement(using: &random)
  }

  private func range(_ buffer: Int, _ slot: Int, _ count: Int) -> BufferRange {
    ranges[buffer].slice(
      offset: slot * Self.slotByteCount, byteCount: count * Self.slotByteCount)
  }

  private func words(_ slot: Int, _ count: Int) -> Range<Int> {
    slot * Self.slotWords..<(slot + count) * Self.slotWords
  }

  private mutating func fill(_ target: Int, slot: Int, with word: UInt32) {
    graph.fill(range(target, slot, 1), with: word, label: "fill")
    for index in words(slot, 1) { contents[target][index] = word }
  }

  private mutating func copy(
    _ source: (buffer: Int, slot: Int), to target: Int, _ slot: Int, _ count: Int
  ) {
    graph.copy(
      from: range(source.buffer, source.slot, count), to: range(target, slot, count), label: "copy")
    contents[target].replaceSubrange(
      words(slot, count), with: contents[source.buffer][words(source.slot, count)])
  }

  private mutating func mix(
    _ a: (buffer: Int, slot: Int), _ b: (buffer: Int, slot: Int), to target: Int, _ slot: Int,
    _ count: Int
  ) {
    let factor = UInt32.random(in: 1...99, using: &random)
    let salt = UInt32.random(in: 0...2, using: &random)
    graph.dispatch(
      MixValuesKernel.self,
      .init(
        a: range(a.buffer, a.slot, count), b: range(b.buffer, b.slot, count),
        outputValues: range(target, slot, count)),
      specialization: .init(salt: salt),
      constants: .init(count: UInt32(count * Self.slotWords), factor: factor),
      workgroups: .covering(count * Self.slotWords, by: 64), label: "mix")
    let mixed = zip(
      contents[a.buffer][words(a.slot, count)], contents[b.buffer][words(b.slot, count)]
    )
    .map { a, b -> UInt32? in
      guard let a, let b else { return nil }
      let x = a &* 747_796_405 &+ b &* factor &+ salt
      return x ^ (x >> 15)
    }
    contents[target].replaceSubrange(words(slot, count), with: mixed)
  }
}
