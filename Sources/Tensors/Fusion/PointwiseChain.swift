/// A short straight-line program that computes every element of a result from one pass over its
/// inputs: what the fusion pass makes of chains of pointwise operations.
///
/// Element i of the result is the value of the last instruction at position i. A chain first loads
/// (registers 0, 1, …), then computes (one register per instruction), each register once.
///
/// **Cost** one dispatch; reads each input once and writes the result once.
struct PointwiseChain: Sendable, Hashable {
  /// Which element of an input belongs to a position: position / inner mod size.
  struct IndexMap: Sendable, Hashable {
    /// Neighbouring positions that share an element.
    var inner: Int
    /// Elements before the pattern repeats.
    var size: Int

    /// One element for all positions.
    static let uniform = IndexMap(inner: 1, size: 1)
  }

  /// A register's value from memory: element `map(position) · stride + offset` of an input.
  struct Load: Sendable, Hashable {
    /// Index among the chain's inputs.
    var input: Int
    /// The element; `nil` for the position itself.
    var map: IndexMap?
    /// Distance between neighbouring elements.
    var stride = 1
    /// The first element.
    var offset = 0
  }

  /// A place for a value.
  enum Register: Sendable, Hashable {
    /// The value of a load.
    case load(Int)
    /// The value of an instruction.
    case instruction(Int)
  }

  /// A register's value from other registers.
  struct Instruction: Sendable, Hashable {
    var function: any ElementFunction
    var first: Register
    var second: Register

    static func == (a: Instruction, b: Instruction) -> Bool {
      a.first == b.first && a.second == b.second
        && a.function.erased == b.function.erased
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(function.erased)
      hasher.combine(first)
      hasher.combine(second)
    }
  }

  /// How large a chain may be: what the shaders have places for.
  enum Limits {
    static let inputs = 6
    static let loads = 8
    static let maps = 3
    static let instructions = 16
    static let numbers = 8
  }

  /// How many inputs it reads.
  private(set) var inputCount = 0
  /// Values from memory.
  private(set) var loads: [Load] = []
  /// Values from values.
  private(set) var instructions: [Instruction] = []

  /// The register of a load, which may have been there before.
  mutating func load(_ load: Load) -> Register {
    inputCount = max(inputCount, load.input + 1)
    if let index = loads.firstIndex(of: load) { return .load(index) }
    loads.append(load)
    return .load(loads.count - 1)
  }

  /// The register of a function's value, which may have been computed before.
  mutating func apply(
    _ function: any ElementFunction, _ first: Register, _ second: Register? = nil
  ) -> Register {
    let instruction = Instruction(
      function: function, first: first, second: second ?? first)
    if let index = instructions.firstIndex(of: instruction) { return .instruction(index) }
    instructions.append(instruction)
    return .instruction(instructions.count - 1)
  }

  /// The different ways in which loads map positions, but for the position itself.
  var maps: [IndexMap] {
    var maps: [IndexMap] = []
    for case let map? in loads.map(\.map) where map != .uniform && !maps.contains(map) {
      maps.append(map)
    }
    return maps
  }

  /// The numbers that instructions depend on, each pair once, and where an instruction's begin.
  var numbers: (values: [Float], starts: [Int]) {
    var values: [Float] = []
    var starts: [Int] = []
    for instruction in instructions {
      let (first, second) = instruction.function.parameters
      let isSame = { (a: Float, b: Float) in a.bitPattern == b.bitPattern }
      if first.bitPattern == 0 && second.bitPattern == 0 {
        // Beyond the last, where shaders find zeros.
        starts.append(Limits.numbers)
      } else if let start = values.indices.dropLast().first(where: {
        isSame(values[$0], first) && isSame(values[$0 + 1], second)
      }) {
        starts.append(start)
      } else {
        starts.append(values.count)
        values += [first, second]
      }
    }
    return (values, starts)
  }

  /// Whether the shaders have places for all of it.
  var fits: Bool {
    inputCount > 0 && inputCount <= Limits.inputs && loads.count <= Limits.loads
      && maps.count <= Limits.maps && instructions.count <= Limits.instructions
      && numbers.values.count <= Limits.numbers
  }

  /// Whether every function gives the same bits on every backend.
  var isReproducible: Bool { instructions.allSatisfy(\.function.isReproducible) }

  /// Estimated operations for one element.
  var arithmetic: Double { Double(max(instructions.count, 1)) }

  /// The functions' names in order, for reports.
  var description: String {
    instructions.map { "\(type(of: $0.function))" }.joined(separator: " ")
  }
}

extension PointwiseChain.IndexMap {
  /// How a tensor of a shape repeats over a larger one by NumPy's rule; `nil` for the position
  /// itself, and no value at all when the axes that do not repeat are no neighbours.
  static func broadcast(of shape: Shape, to result: Shape) -> PointwiseChain.IndexMap?? {
    if shape.count == result.count { return .some(nil) }
    if shape.count == 1 { return .some(.uniform) }
    let missing = result.rank - shape.rank
    let kept = result.dimensions.indices.filter { axis in
      result[axis] > 1 && axis >= missing && shape[axis - missing] > 1
    }
    guard let first = kept.first, let last = kept.last else { return .some(.uniform) }
    let between = (first...last).filter { result[$0] > 1 }
    guard between == kept else { return .none }
    return .some(
      PointwiseChain.IndexMap(
        inner: result.dimensions[(last + 1)...].reduce(1, *), size: shape.count))
  }
}
