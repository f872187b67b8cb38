extension Plan {
  /// The pass *validate*: something to compute, each variable changed once, all on one backend.
  func validate(outputs: [Tensor], updates: [Update], backend: any Backend) {
    precondition(!outputs.isEmpty || !updates.isEmpty, "program \(label): nothing to compute")
    var written: Set<ObjectIdentifier> = []
    for update in updates {
      for target in update.targets {
        precondition(
          written.insert(ObjectIdentifier(target)).inserted,
          "program \(label): two updates of variable \(target.name)")
        precondition(
          target.backend === backend,
          "program \(label): variable \(target.name) lives on \(target.backend.name), not "
            + backend.name)
      }
    }
  }
}

extension Tensor {
  /// A copy if the tensor is, or is a view of, one of some variables; otherwise itself.
  func copied(ifShowing variables: Set<ObjectIdentifier>) -> Tensor {
    var base = self
    while case .operation(let operation) = base.node.content, operation.isView {
      base = base.node.inputs[0]
    }
    guard case .variable(let variable) = base.node.content,
      variables.contains(ObjectIdentifier(variable))
    else { return self }
    return scaled(by: 1)
  }
}

extension Update {
  /// The update with copies of the inputs that show one of some variables.
  func copyingInputs(thatShow variables: Set<ObjectIdentifier>) -> Update {
    Update(
      unchecked: operation, of: targets, from: inputs.map { $0.copied(ifShowing: variables) })
  }
}
