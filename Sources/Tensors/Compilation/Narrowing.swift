extension Plan {
  /// The pass *narrow*: feature maps that every step which touches them can take in 16 bits are
  /// stored so. What a step computes with stays in 32 bits.
  ///
  /// Feature maps are values [N, C, H, W] with more than one row and one column: what a network of
  /// convolutions keeps for its backward pass and moves in it. Latents, statistics, sums, weights
  /// and their gradients are not, nor are outputs and operands of updates.
  mutating func narrow() {
    var chains: [Int: Step] = [:]
    var maps = Set(values.indices.filter(isFeatureMap))
    maps.subtract(outputs.map(root))
    for (index, step) in steps.enumerated() {
      guard case .compute(let operation, let inputs, let result) = step else {
        maps.subtract((step.inputs + step.results).map(root))
        continue
      }
      if let operation = operation as? any HalfStoring {
        if !operation.writesHalves { maps.remove(root(of: result)) }
        for (place, input) in inputs.enumerated() where !operation.readsHalves(place) {
          maps.remove(root(of: input))
        }
      } else if let chain = chain(instead: step) {
        chains[index] = chain
      } else {
        maps.subtract((step.inputs + step.results).map(root))
      }
    }
    for number in values.indices where maps.contains(root(of: number)) {
      values[number].elementType = .float16
    }
    for (index, chain) in chains
    where (chain.inputs + chain.results).contains(where: { maps.contains(root(of: $0)) }) {
      steps[index] = chain
    }
  }

  private func isFeatureMap(_ number: Int) -> Bool {
    let value = values[number]
    guard case .computed = value.source, value.elementType == .float32 else { return false }
    return value.shape.rank == 4 && value.shape[2] > 1 && value.shape[3] > 1
  }

  /// A pointwise operation or a reduction of rows as the chain that it is by itself: chains have
  /// kernels for 16 bits.
  private func chain(instead step: Step) -> Step? {
    guard case .compute(let operation, let inputs, let result) = step,
      let (builder, registers) = Fusion.lowered(step, of: self, ChainBuilder(self)),
      builder.chain.fits
    else { return nil }
    let shape = values[result].shape
    if let operation = operation as? any RowReducing,
      let length = operation.rowLength(inputs: inputs.map { values[$0].shape })
    {
      let reduction = operation.reduction(
        of: builder.chain, registers, rowLength: length, result: shape)
      return .compute(reduction, inputs: builder.sources, result: result)
    }
    guard operation is any Elementwise else { return nil }
    return .compute(
      FusedPointwise(chain: builder.chain, register: registers[0], shape: shape),
      inputs: builder.sources, result: result)
  }
}

extension Plan {
  /// The same plan with everything in 32 bits.
  var widened: Plan {
    var plan = self
    for number in values.indices where values[number].elementType == .float16 {
      plan.values[number].elementType = .float32
    }
    return plan
  }

  /// What 16 bits spare, counted; `nil` where nothing is stored so.
  var halfStorage: ProgramReport.HalfStorage? {
    let maps = values.filter { value in
      guard case .computed = value.source else { return false }
      return value.elementType == .float16
    }
    guard !maps.isEmpty else { return nil }
    var wide = widened
    wide.order()
    return ProgramReport.HalfStorage(
      mapCount: maps.count, elementCount: maps.reduce(0) { $0 + $1.shape.count },
      arenaByteCount: arenaByteCount, float32ArenaByteCount: wide.arenaByteCount,
      bytesMoved: steps.reduce(0) { $0 + cost(of: $1).bytesMoved },
      float32BytesMoved: wide.steps.reduce(0) { $0 + wide.cost(of: $1).bytesMoved })
  }
}
