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

  /// A measured step.
  func timing(of step: Step, seconds: Double) -> StepTiming {
    let cost = cost(of: step)
    return StepTiming(
      label: label(of: step), seconds: seconds, arithmetic: cost.arithmetic,
      byteCount: cost.bytesMoved)
  }
}
