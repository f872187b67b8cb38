/// The pass *fuse*: chains of pointwise operations become one step, reductions take the chain in
/// front of them along and products the one behind them, so that what is computed only to be read
/// again never goes to memory.
///
/// A value is *inlined* when every step that reads it can compute it instead, position by position,
/// and that moves fewer bytes: always with one reader; with several when reading the value's
/// operands again is cheaper than writing and reading the value. So a normalized feature map is
/// computed again in the backward pass from the input that the statistics keep alive anyway. What
/// can become part of a product is stored instead where that moves fewer bytes, as the product's own
/// result then is not. Decisions depend on the plan alone.
struct Fusion {
  let plan: Plan
  /// Values that have to be in memory whoever reads them: outputs, operands of updates.
  let kept: Set<Int>
  /// The steps that read a value, by root.
  private(set) var readers: [Int: [Int]] = [:]
  /// The step that computes a value.
  private(set) var producer: [Int: Int] = [:]
  /// For each step, the values that it reads only at the position it computes.
  private var positional: [Set<Int>] = []
  /// The values that readers compute for themselves, with the steps that made them.
  private(set) var inlined: [Int: Plan.Step] = [:]
  /// Whether products take chains along.
  private let attaches: Bool

  /// Decides for a plan without updates.
  init(_ plan: Plan, keeping kept: [Int], attachingToProducts attaches: Bool) {
    self.plan = plan
    self.attaches = attaches
    self.kept = Set((kept + plan.outputs).map(plan.root))
    for (index, step) in plan.steps.enumerated() {
      for input in Set(step.inputs.map(plan.root)).sorted() {
        readers[input, default: []].append(index)
      }
      positional.append(Self.positionalInputs(of: step, in: plan))
      for result in step.results { producer[result] = index }
    }
    for index in plan.steps.indices { decide(index) }
    while shrink() {}
  }

  /// The steps with chains in place of what was fused.
  var steps: [Plan.Step] {
    let attachments = attaches ? findAttachments() : [:]
    let hosts = Set(attachments.values.map(\.product))
    return plan.steps.enumerated().compactMap { index, step in
      if hosts.contains(index) { return nil }
      if let attachment = attachments[index] { return fused(step, with: attachment) }
      guard case .compute(_, _, let result) = step, inlined[result] == nil else {
        return step.isUpdate ? step : nil
      }
      return fused(step) ?? step
    }
  }

  private static func positionalInputs(of step: Plan.Step, in plan: Plan) -> Set<Int> {
    guard let (builder, _) = lowered(step, of: plan, ChainBuilder(plan)) else { return [] }
    let loads = builder.chain.loads
    let numbers = builder.sources.indices.filter { number in
      loads.allSatisfy { $0.input != number || $0.map == nil }
    }
    return Set(numbers.map { builder.sources[$0] })
  }

  /// Appends a step to a chain; `nil` when it is no part of any.
  static func lowered(
    _ step: Plan.Step, of plan: Plan, _ builder: ChainBuilder
  ) -> (ChainBuilder, [PointwiseChain.Register])? {
    guard case .compute(let operation, let inputs, let result) = step else { return nil }
    var builder = builder
    if let operation = operation as? any Elementwise {
      return builder.append(operation, inputs, result: result).map { (builder, [$0]) }
    }
    guard let operation = operation as? any RowReducing,
      operation.rowLength(inputs: inputs.map { plan.values[$0].shape }) != nil
    else { return nil }
    return builder.append(operation, inputs).map { (builder, $0) }
  }

  private func lowered(_ index: Int) -> (ChainBuilder, [PointwiseChain.Register])? {
    Self.lowered(plan.steps[index], of: plan, ChainBuilder(plan, inlining: inlined))
  }

  /// Decides whether the value of a step is inlined; its operands are decided.
  private mutating func decide(_ index: Int) {
    let step = plan.steps[index]
    guard case .compute(let operation, let inputs, let result) = step else { return }
    guard operation is any Elementwise, let (builder, _) = fitting(index) else {
      if !(operation is any RowReducing) || fitting(index) == nil {
        for input in inputs { inlined[plan.root(of: input)] = nil }
      }
      return
    }
    let users = readers[result] ?? []
    guard !users.isEmpty, !kept.contains(result),
      users.allSatisfy({ positional[$0].contains(result) })
    else { return }
    if users.count > 1 {
      let inlinedBytes = bytesInlined(builder, users)
      if inlinedBytes >= bytesStored(builder, result, users) { return }
      // Part of a product, it is neither the product's own result that is stored nor read.
      if attaches, let attachment = attachment(of: index),
        case .compute(_, _, let product) = plan.steps[attachment.product],
        inlinedBytes + 2 * byteCount(product) >= bytesStored(builder, result, users)
      {
        return
      }
    }
    inlined[result] = step
  }

  /// The chain of a step, once the largest of its operands are stored that make it too large;
  /// `nil` when it is no chain however short.
  private mutating func fitting(_ index: Int) -> (ChainBuilder, [PointwiseChain.Register])? {
    while let (builder, registers) = lowered(index) {
      if builder.chain.fits { return (builder, registers) }
      let operands = plan.steps[index].inputs.map(plan.root).filter { inlined[$0] != nil }
      let sizes = operands.map { instructionCount(of: $0) }
      guard let largest = sizes.max(), let victim = sizes.firstIndex(of: largest) else {
        return nil
      }
      inlined[operands[victim]] = nil
    }
    return nil
  }

  private func instructionCount(of value: Int) -> Int {
    guard let step = inlined[value],
      let (builder, _) = Self.lowered(step, of: plan, ChainBuilder(plan, inlining: inlined))
    else { return 0 }
    return builder.chain.instructions.count
  }

  /// What the readers of an inlined value read that they would not read otherwise.
  private func bytesInlined(_ builder: ChainBuilder, _ users: [Int]) -> Int {
    users.reduce(0) { sum, user in
      let own = Set(plan.steps[user].inputs.map(plan.root))
      return sum + builder.sources.reduce(0) { $0 + (own.contains($1) ? 0 : byteCount($1)) }
    }
  }

  /// What it costs to compute a value once, store it and read it for every reader.
  private func bytesStored(_ builder: ChainBuilder, _ value: Int, _ users: [Int]) -> Int {
    builder.sources.reduce(0) { $0 + byteCount($1) } + (1 + users.count) * byteCount(value)
  }

  private func byteCount(_ value: Int) -> Int { plan.values[value].byteCount }

  /// Stores operands of chains that have become too large because others are stored; says whether
  /// there were any.
  private mutating func shrink() -> Bool {
    let before = inlined.count
    for (index, step) in plan.steps.enumerated() {
      guard case .compute(_, _, let result) = step, inlined[result] == nil else { continue }
      _ = fitting(index)
    }
    return inlined.count != before
  }

  /// The step that computes the inlined operands of a step too; `nil` when there are none.
  private func fused(_ step: Plan.Step) -> Plan.Step? {
    guard case .compute(let operation, let inputs, let result) = step,
      let (builder, registers) = Self.lowered(
        step, of: plan, ChainBuilder(plan, inlining: inlined)),
      !builder.computed.isEmpty
    else { return nil }
    let shape = plan.values[result].shape
    if let operation = operation as? any RowReducing,
      let length = operation.rowLength(inputs: inputs.map { plan.values[$0].shape })
    {
      let reduction = operation.reduction(
        of: builder.chain, registers, rowLength: length, result: shape)
      return .compute(reduction, inputs: builder.sources, result: result)
    }
    return .compute(
      FusedPointwise(chain: builder.chain, register: registers[0], shape: shape),
      inputs: builder.sources, result: result)
  }
}
