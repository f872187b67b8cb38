import VulkanCompute

/// A ``PointwiseChain`` as specialization and push constants: the layout is explained in
/// `Shaders/include/chain.glsl`.
struct ChainCode {
  private let chain: PointwiseChain
  private let results: [PointwiseChain.Register]
  let inputs: [GraphTensor]
  private let maps: [PointwiseChain.IndexMap]
  private let numbers: (values: [Float], starts: [Int])

  /// The code of no load and of no instruction.
  private static let none = UInt32.max

  init(_ chain: PointwiseChain, _ results: [PointwiseChain.Register], inputs: [GraphTensor]) {
    precondition(chain.fits, "a chain of \(chain.description) does not fit the shaders")
    self.chain = chain
    self.results = results
    self.inputs = inputs
    maps = chain.maps
    numbers = chain.numbers
  }

  /// An input's bytes; those of the first where there is none.
  func input(_ index: Int) -> BufferRange { inputs[index < inputs.count ? index : 0].range }

  /// Input, map, stride and offset in bits 0, 4, 8 and 12.
  func load(_ index: Int) -> UInt32 {
    guard index < chain.loads.count else { return Self.none }
    let load = chain.loads[index]
    let map =
      switch load.map {
      case nil: 0
      case .some(.uniform): 4
      case .some(let map): 1 + (maps.firstIndex(of: map) ?? 0)
      }
    return UInt32(load.input | map << 4 | load.stride << 8 | load.offset << 12)
  }

  /// Function, both operands and the first number in bits 0, 8, 16 and 24.
  func instruction(_ index: Int) -> UInt32 {
    guard index < chain.instructions.count else { return Self.none }
    let instruction = chain.instructions[index]
    return instruction.function.instructionCode | number(of: instruction.first) << 8
      | number(of: instruction.second) << 16 | UInt32(numbers.starts[index]) << 24
  }

  /// Result `index`; the first where there is one only.
  func result(_ index: Int) -> UInt32 { number(of: results[index < results.count ? index : 0]) }

  private func number(of register: PointwiseChain.Register) -> UInt32 {
    switch register {
    case .load(let index): UInt32(index)
    case .instruction(let index): UInt32(PointwiseChain.Limits.loads + index)
    }
  }

  /// Neighbouring positions that share an element.
  func inner(_ map: Int) -> UInt32 { map < maps.count ? UInt32(maps[map].inner) : 1 }

  /// Elements before the pattern repeats.
  func size(_ map: Int) -> UInt32 { map < maps.count ? UInt32(maps[map].size) : 1 }

  /// A number that instructions depend on.
  func number(_ index: Int) -> Float {
    index < numbers.values.count ? numbers.values[index] : 0
  }
}
