/// A ``PointwiseChain`` prepared for the CPU: it runs block by block, each instruction a loop over
/// a block that stays in the first-level cache.
struct ChainEvaluation {
  /// Elements of a block.
  static let blockLength = 1024

  private let chain: PointwiseChain
  private let inputs: [UnsafeMutablePointer<Float>]
  /// Where each instruction puts its block; places are used again after the last use.
  private let slots: [Int]
  private let slotCount: Int

  /// - Parameter results: Registers whose blocks are read after the last instruction.
  init(
    _ chain: PointwiseChain, _ results: [PointwiseChain.Register],
    inputs: [UnsafeMutablePointer<Float>]
  ) {
    self.chain = chain
    self.inputs = inputs
    (slots, slotCount) = Self.slots(chain, results)
  }

  /// Scratch memory that ``run(at:count:scratch:target:)`` needs, in elements: a block for each slot
  /// and each load, and one to spare.
  var scratchCount: Int { (slotCount + chain.loads.count + 1) * Self.blockLength }

  /// How many blocks a range of positions is computed in.
  func blockCount(of range: Range<Int>) -> Int {
    var (position, blocks) = (range.lowerBound, 0)
    while position < range.upperBound {
      position += length(at: position, count: range.upperBound - position)
      blocks += 1
    }
    return blocks
  }

  private static func slots(
    _ chain: PointwiseChain, _ results: [PointwiseChain.Register]
  ) -> ([Int], Int) {
    var lastUse = Array(chain.instructions.indices)
    for (index, instruction) in chain.instructions.enumerated() {
      for case .instruction(let used) in [instruction.first, instruction.second] {
        lastUse[used] = index
      }
    }
    for case .instruction(let used) in results { lastUse[used] = chain.instructions.count }
    var slots: [Int] = []
    for index in chain.instructions.indices {
      let taken = Set(slots.indices.filter { lastUse[$0] >= index }.map { slots[$0] })
      slots.append((0...slots.count).first { !taken.contains($0) } ?? slots.count)
    }
    return (slots, (slots.max() ?? -1) + 1)
  }

  /// How many elements from a position on can be computed at once, at most `count`.
  func length(at position: Int, count: Int) -> Int {
    var length = min(count, Self.blockLength)
    for case let map? in chain.loads.map(\.map) where Self.isUniformOverRuns(map) && map.size > 1 {
      length = min(length, map.inner - position % map.inner)
    }
    return length
  }

  /// Long runs of one element are numbers to the loops, not arrays.
  private static func isUniformOverRuns(_ map: PointwiseChain.IndexMap) -> Bool {
    map.inner >= 16 || map.size == 1
  }

  /// Computes `count` elements from a position on, no more than ``length(at:count:)``.
  ///
  /// - Parameter target: Where the last instruction puts its block instead of scratch memory.
  /// - Returns: The block's registers, good until the next call.
  func run(
    at position: Int, count: Int, scratch: UnsafeMutablePointer<Float>,
    target: UnsafeMutablePointer<Float>? = nil
  ) -> Registers {
    let loadScratch = scratch + slotCount * Self.blockLength
    let loads = chain.loads.indices.map { index in
      self.load(
        chain.loads[index], at: position, count: count,
        into: loadScratch + index * Self.blockLength)
    }
    var values: [Lanes] = []
    values.reserveCapacity(chain.instructions.count)
    for (index, instruction) in chain.instructions.enumerated() {
      let lanes = { (register: PointwiseChain.Register) -> Lanes in
        switch register {
        case .load(let load): loads[load]
        case .instruction(let earlier): values[earlier]
        }
      }
      let (a, b) = (lanes(instruction.first), lanes(instruction.second))
      let isLast = index == chain.instructions.count - 1
      let isKnown = a.isUniform && b.isUniform || instruction.function is KnownNumber
      let isUniform = isKnown && !(isLast && target != nil)
      let place = (isLast ? target : nil) ?? scratch + slots[index] * Self.blockLength
      instruction.function.evaluate(a, b, into: place, count: isUniform ? 1 : count)
      values.append(Lanes(start: place, isUniform: isUniform))
    }
    return Registers(
      loads: loads, instructions: values,
      spare: scratch + (slotCount + chain.loads.count) * Self.blockLength)
  }

  /// The values of a block.
  struct Registers {
    fileprivate let loads: [Lanes]
    fileprivate let instructions: [Lanes]
    /// Room for one block.
    fileprivate let spare: UnsafeMutablePointer<Float>

    /// Copies a register's block.
    func copy(
      _ register: PointwiseChain.Register, to target: UnsafeMutablePointer<Float>, count: Int
    ) {
      let lanes = self[register]
      if lanes.isUniform {
        target.update(repeating: lanes.start.pointee, count: count)
      } else {
        target.update(from: lanes.start, count: count)
      }
    }

    /// A register's block with a number for each element.
    func spread(
      _ register: PointwiseChain.Register, count: Int
    ) -> UnsafeMutablePointer<Float> {
      let lanes = self[register]
      guard lanes.isUniform else { return lanes.start }
      spare.update(repeating: lanes.start.pointee, count: count)
      return spare
    }

    private subscript(_ register: PointwiseChain.Register) -> Lanes {
      switch register {
      case .load(let index): loads[index]
      case .instruction(let index): instructions[index]
      }
    }
  }

  private func load(
    _ load: PointwiseChain.Load, at position: Int, count: Int,
    into scratch: UnsafeMutablePointer<Float>
  ) -> Lanes {
    let source = inputs[load.input]
    guard let map = load.map else {
      return Lanes(start: source + position)
    }
    if Self.isUniformOverRuns(map) {
      let index = position / map.inner % map.size
      return Lanes(start: source + index * load.stride + load.offset, isUniform: true)
    }
    var (rest, index) = (position % map.inner, position / map.inner % map.size)
    for element in 0..<count {
      scratch[element] = source[index * load.stride + load.offset]
      rest += 1
      if rest == map.inner {
        rest = 0
        index = index + 1 == map.size ? 0 : index + 1
      }
    }
    return Lanes(start: scratch)
  }
}
