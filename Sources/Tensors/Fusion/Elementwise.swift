/// An operation whose result at a position depends on its inputs at that position only, apart from
/// broadcasting: it can be part of a ``PointwiseChain`` instead of a pass over memory of its own.
///
/// See "Taking part in fusion" in `Docs/AddingAnOperation.md`.
protocol Elementwise: Operation {
  /// Appends the operation to a chain and returns the register of its result; `nil` when its
  /// inputs repeat in a way that a chain cannot express.
  func append(to chain: inout ChainBuilder, inputs: [Shape], result: Shape)
    -> PointwiseChain.Register?
}

/// An operation that reduces rows of values that depend on one position of its inputs each: it can
/// take a ``PointwiseChain`` in front of the reduction.
protocol RowReducing: Operation {
  /// Neighbouring positions that become one row's results; `nil` when it cannot take a chain.
  func rowLength(inputs: [Shape]) -> Int?
  /// Appends what is reduced to a chain; the registers become neighbours in the result.
  func append(to chain: inout ChainBuilder, inputs: [Shape]) -> [PointwiseChain.Register]?
  /// The reduction of a chain's registers.
  func reduction(
    of chain: PointwiseChain, _ registers: [PointwiseChain.Register], rowLength: Int, result: Shape
  ) -> any Operation
}

/// A chain under construction, as the operation sees it that is being appended.
struct ChainBuilder {
  private(set) var chain = PointwiseChain()
  /// The plan's values that the chain reads, in the order of its inputs.
  private(set) var sources: [Int] = []
  /// Registers of values that were computed within the chain, by number.
  private(set) var computed: [Int: PointwiseChain.Register] = [:]
  private let plan: Plan
  /// Values to compute within the chain, with the steps that do.
  private let inlined: [Int: Plan.Step]
  /// The inputs of the operation that is being appended, as values of the plan.
  private var operands: [Int] = []

  /// An empty chain that will compute some of a plan's values itself.
  init(_ plan: Plan, inlining inlined: [Int: Plan.Step] = [:]) {
    self.plan = plan
    self.inlined = inlined
  }

  /// A chain that begins with a product's result, which it does not read from memory; with the bias
  /// added where there is one. Its sources are the result, then the bias.
  init(
    _ plan: Plan, inlining inlined: [Int: Plan.Step], product: Int, bias: Int?
  ) {
    self.init(plan, inlining: inlined)
    var value = chain.load(.init(input: 0))
    sources = [product]
    if let bias {
      let shape = plan.values[product].shape
      let channels: Shape = [shape[1], 1, 1]
      // One number for each channel repeats along neighbouring axes.
      let map = PointwiseChain.IndexMap.broadcast(of: channels, to: shape) ?? .uniform
      sources.append(plan.root(of: bias))
      value = chain.apply(Binary<Addition>(), value, chain.load(.init(input: 1, map: map)))
    }
    computed[product] = value
  }

  /// The register of input `index` at the position itself, or broadcast to a shape.
  mutating func input(
    _ index: Int, of shape: Shape, to result: Shape
  ) -> PointwiseChain.Register? {
    if let number = plan.knownNumber(operands[index]) {
      return chain.apply(KnownNumber(value: number), .load(0))
    }
    guard let map = PointwiseChain.IndexMap.broadcast(of: shape, to: result) else { return nil }
    guard let map else { return computedInput(index) ?? input(index, at: nil) }
    return input(index, at: map)
  }

  /// The register of an element of input `index`.
  mutating func input(
    _ index: Int, at map: PointwiseChain.IndexMap?, stride: Int = 1, offset: Int = 0
  ) -> PointwiseChain.Register {
    let source = plan.root(of: operands[index])
    if map == nil, stride == 1, offset == 0, let register = computed[source] { return register }
    let number = sources.firstIndex(of: source) ?? sources.count
    if number == sources.count { sources.append(source) }
    return chain.load(.init(input: number, map: map, stride: stride, offset: offset))
  }

  /// The register of a function's value.
  mutating func apply(
    _ function: some ElementFunction, _ first: PointwiseChain.Register,
    _ second: PointwiseChain.Register? = nil
  ) -> PointwiseChain.Register {
    chain.apply(function, first, second)
  }

  private mutating func computedInput(_ index: Int) -> PointwiseChain.Register? {
    let value = plan.root(of: operands[index])
    if let register = computed[value] { return register }
    guard case .compute(let operation, let inputs, let result)? = inlined[value],
      let operation = operation as? any Elementwise,
      let register = append(operation, inputs, result: result)
    else { return nil }
    computed[value] = register
    return register
  }

  /// Appends an element-wise operation and what it inlines.
  mutating func append(
    _ operation: any Elementwise, _ inputs: [Int], result: Int
  ) -> PointwiseChain.Register? {
    let outer = operands
    operands = inputs
    defer { operands = outer }
    return operation.append(
      to: &self, inputs: inputs.map { plan.values[$0].shape }, result: plan.values[result].shape)
  }

  /// Appends what a reduction reduces and what that inlines.
  mutating func append(
    _ operation: any RowReducing, _ inputs: [Int]
  ) -> [PointwiseChain.Register]? {
    operands = inputs
    return operation.append(to: &self, inputs: inputs.map { plan.values[$0].shape })
  }
}

extension Plan {
  /// The number that a constant holds in every element.
  func knownNumber(_ value: Int) -> Float? {
    guard case .constant(let constant) = values[root(of: value)].source,
      let first = constant.values.first,
      constant.values.count == 1
        || constant.values.allSatisfy({ $0.bitPattern == first.bitPattern })
    else { return nil }
    return first
  }
}
