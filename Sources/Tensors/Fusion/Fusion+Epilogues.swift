// Products take the chain behind them along: what they sum is never stored but as the chain's
// result.

extension Fusion {
  /// A chain that a product applies to its own result.
  struct Attachment {
    /// The step that computes the product.
    var product: Int
    var builder: ChainBuilder
    var register: PointwiseChain.Register
  }

  /// The products that steps which compute chains become part of.
  ///
  /// A step becomes part of a product when it is all that reads the product's result, position by
  /// position, and the chain with the product's bias fits the shaders. Of several such products
  /// it is the last, whose operands need not be kept any longer.
  func findAttachments() -> [Int: Attachment] {
    var attachments: [Int: Attachment] = [:]
    var hosts: Set<Int> = []
    for (index, step) in plan.steps.enumerated() {
      guard case .compute(_, _, let result) = step, inlined[result] == nil,
        let attachment = attachment(of: index), hosts.insert(attachment.product).inserted
      else { continue }
      attachments[index] = attachment
    }
    return attachments
  }

  /// The product that a step's chain can become part of, by its operands that are inlined so far.
  func attachment(of index: Int) -> Attachment? {
    let step = plan.steps[index]
    guard case .compute(let operation, let inputs, let result) = step,
      let operation = operation as? any Elementwise,
      let (plain, _) = Self.lowered(step, of: plan, ChainBuilder(plan, inlining: inlined))
    else { return nil }
    let producers = plain.sources.compactMap { producer[$0] }.sorted(by: >)
    for number in producers {
      guard case .compute(let product, let operands, let value) = plan.steps[number],
        product is any ProductOperation, !kept.contains(value),
        plan.values[value].shape.count == plan.values[result].shape.count,
        isOnlyRead(value, by: index)
      else { continue }
      var builder = ChainBuilder(
        plan, inlining: inlined, product: value, bias: operands.count > 2 ? operands[2] : nil)
      // Loads of the product's result at other positions would read what is not stored.
      guard let register = builder.append(operation, inputs, result: result), builder.chain.fits,
        builder.chain.loads.filter({ $0.input == 0 }).count == 1
      else { continue }
      return Attachment(product: number, builder: builder, register: register)
    }
    return nil
  }

  /// Whether every reader of a value is the step, or is computed within it alone.
  private func isOnlyRead(_ value: Int, by index: Int) -> Bool {
    let users = readers[value] ?? []
    return !users.isEmpty
      && users.allSatisfy { user in
        if user == index { return true }
        guard case .compute(_, _, let result) = plan.steps[user], inlined[result] != nil else {
          return false
        }
        return isOnlyRead(result, by: index)
      }
  }

  /// The product of a step with what it stores instead.
  func fused(_ step: Plan.Step, with attachment: Attachment) -> Plan.Step {
    guard case .compute(_, _, let result) = step,
      case .compute(let product, let operands, _) = plan.steps[attachment.product],
      let product = product as? any ProductOperation
    else { preconditionFailure("step \(attachment.product) is no product") }
    let epilogue = Epilogue(chain: attachment.builder.chain, register: attachment.register)
    return .compute(
      product.fused(with: epilogue),
      inputs: Array(operands.prefix(2)) + attachment.builder.sources.dropFirst(), result: result)
  }
}
