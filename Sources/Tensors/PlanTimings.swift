import VulkanCompute

extension Plan {
  /// What a step is called in reports: the operation and the shape of its result, or the update
  /// and its variable.
  package func label(of step: Step) -> String {
    switch step {
    case .compute(let operation, _, let result):
      "\(type(of: operation).name) \(values[result].shape)"
    case .update(let operation, let targets, _):
      "\(type(of: operation).name) \(values[targets[0]].label)"
    }
  }

  /// Estimated arithmetic operations of a step.
  func arithmetic(of step: Step) -> Double {
    guard case .compute(let operation, let inputs, let result) = step else { return 0 }
    return operation.arithmetic(
      inputs: inputs.map { values[$0].shape }, result: values[result].shape)
  }

  /// A measured step: an update reads and writes its targets.
  func timing(of step: Step, seconds: Double) -> StepTiming {
    let numbers =
      switch step {
      case .compute(_, let inputs, let result): Set(inputs + [result])
      case .update(_, let targets, let inputs): Set(targets + inputs)
      }
    return StepTiming(
      label: label(of: step), seconds: seconds, arithmetic: arithmetic(of: step),
      byteCount: numbers.reduce(0) {
        $0 + values[$1].shape.count * values[$1].elementType.byteCount
      })
  }
}
