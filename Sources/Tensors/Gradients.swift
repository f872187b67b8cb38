extension Tensor {
  /// Expressions for the gradient of this scalar by each target (reverse mode).
  ///
  /// - Parameters:
  ///   - targets: Tensors this one was built from; a target it does not depend on has gradient 0.
  ///   - upstream: Gradient by this tensor, for tensors that are not scalars.
  public func gradients(withRespectTo targets: [Tensor], upstream: Tensor? = nil) -> [Tensor] {
    precondition(
      upstream != nil || shape.count == 1, "gradients of \(shape): not a scalar, give `upstream`")
    if let upstream {
      precondition(upstream.shape == shape, "upstream \(upstream.shape) for a result \(shape)")
    }
    let order = dependencyOrder(of: [self])
    let depending = nodesDepending(on: Set(targets), in: order)

    var gradients: [Tensor: Tensor] = [:]
    gradients[self] = upstream ?? .constant([1], shape: shape)
    for tensor in order.reversed() where depending.contains(tensor) {
      guard let upstream = gradients[tensor], case .operation(let operation) = tensor.node.content
      else { continue }
      let inputs = tensor.node.inputs
      let contributions = operation.gradients(of: tensor, inputs: inputs, upstream: upstream)
      precondition(
        contributions.count == inputs.count,
        "\(type(of: operation).name): \(contributions.count) gradients, \(inputs.count) inputs")
      for (input, contribution) in zip(inputs, contributions) where depending.contains(input) {
        guard let contribution else { continue }
        precondition(
          contribution.shape == input.shape,
          "\(type(of: operation).name): gradient \(contribution.shape), input \(input.shape)")
        gradients[input] = gradients[input].map { $0 + contribution } ?? contribution
      }
    }
    return targets.map { target in
      gradients[target] ?? .constant(0).broadcast(to: target.shape)
    }
  }
}

/// Every tensor that the roots need, inputs before users. Depth first from the first root, so the
/// order of roots decides the order of work.
package func dependencyOrder(of roots: [Tensor]) -> [Tensor] {
  var order: [Tensor] = []
  var visited: Set<Tensor> = []
  // An explicit stack: a Griffin-Lim program is thousands of nodes deep.
  var stack: [(tensor: Tensor, next: Int)] = []
  for root in roots where visited.insert(root).inserted {
    stack.append((root, 0))
    while let (tensor, next) = stack.last {
      if next < tensor.node.inputs.count {
        stack[stack.count - 1].next += 1
        let input = tensor.node.inputs[next]
        if visited.insert(input).inserted { stack.append((input, 0)) }
      } else {
        order.append(tensor)
        stack.removeLast()
      }
    }
  }
  return order
}

private func nodesDepending(on targets: Set<Tensor>, in order: [Tensor]) -> Set<Tensor> {
  var depending = targets
  for tensor in order where tensor.node.inputs.contains(where: depending.contains) {
    depending.insert(tensor)
  }
  return depending
}
