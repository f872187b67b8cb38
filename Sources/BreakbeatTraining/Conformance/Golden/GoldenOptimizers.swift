import NeuralNetworks
import Tensors

extension CaseKind {
  /// Steps of an optimizer with given gradients, in an order of parameters `param0`, `param1`, ...
  static let optimizers: [CaseKind] = [
    CaseKind(
      matches: { optimizer(named: $0.operation) != nil && $0.tensors["grads0"] != nil }
    ) {
      try OptimizerRun($0, on: $1).comparisons()
    }
  ]

}

private func optimizer(named name: String) -> String? {
  ["adam", "adamw", "sgd"].first { $0 == name.lowercased() }
}

/// The optimizer of an operation's name and the case's fields, which have PyTorch's names and
/// defaults.
func optimizer(
  named name: String, _ golden: GoldenCase
) throws(CaseProblem) -> any Optimizer {
  let betas = golden.fields["betas"]?.array?.compactMap(\.number) ?? [0.9, 0.999]
  guard betas.count == 2, betas.allSatisfy({ (0..<1).contains($0) }) else {
    throw .damaged("betas \(betas)")
  }
  if try golden.flag("maximize", default: false) { throw .unknown("an optimizer that maximizes") }
  let epsilon = try golden.number("eps", default: 1e-8)
  let usesMaximum = try golden.flag("amsgrad", default: false)
  switch optimizer(named: name) {
  case "adam":
    return Adam(
      firstDecay: betas[0], secondDecay: betas[1], epsilon: epsilon,
      weightDecay: try golden.number("weight_decay", default: 0), usesMaximum: usesMaximum)
  case "adamw":
    return AdamW(
      firstDecay: betas[0], secondDecay: betas[1], epsilon: epsilon,
      weightDecay: try golden.number("weight_decay", default: 0.01), usesMaximum: usesMaximum)
  case "sgd":
    guard try golden.number("dampening", default: 0) == 0 else {
      throw .unknown("descent with dampening")
    }
    return StochasticGradientDescent(
      momentum: try golden.number("momentum", default: 0),
      weightDecay: try golden.number("weight_decay", default: 0),
      isNesterov: try golden.flag("nesterov", default: false))
  default:
    throw .unknown("optimizer \(name)")
  }
}

/// A whole run of a case.
private struct OptimizerRun {
  let golden: GoldenCase
  let variables: [Variable]
  let gradients: [Tensor]
  let step: OptimizerStep
  let program: Program
  let rates: StepSeries
  let stepCount: Int

  init(_ golden: GoldenCase, on backend: any Backend) throws {
    self.golden = golden
    stepCount = try golden.integer("steps", in: 1...1000)
    rates = try StepSeries(
      golden.text("schedule", default: "constant"), constant: "lr",
      known: ["lr": golden.number("lr")])

    var parameters: [Variable] = []
    while let entry = golden.tensors["param\(parameters.count)"] {
      let given = try golden.tensor("grads\(parameters.count)")
      guard given.shape == [stepCount] + entry.shape else {
        throw CaseProblem.damaged("grads\(parameters.count) has shape \(given.shape)")
      }
      parameters.append(
        try Variable(
          entry.values, shape: Shape(entry.shape), name: "param\(parameters.count)", on: backend))
    }
    guard !parameters.isEmpty else { throw CaseProblem.damaged("tensor param0 is missing") }
    variables = parameters
    gradients = parameters.map { .input($0.shape, name: "gradient of \($0.name)") }
    let limit = try golden.number("clip_global_norm", default: 0)
    step = try optimizer(named: golden.operation, golden).step(
      for: parameters, gradients: gradients, clippingNormTo: limit > 0 ? limit : nil)
    program = try Program(
      outputs: [step.gradientNorm], updates: step.updates, on: backend, label: golden.path)
  }

  func comparisons() throws -> [Comparison] {
    var comparisons: [Comparison] = []
    var norms: [Float] = []
    for index in 0..<stepCount {
      for (number, gradient) in gradients.enumerated() {
        let count = gradient.shape.count
        let all = try golden.tensor("grads\(number)").values
        try program.set(gradient, to: Array(all[index * count..<(index + 1) * count]))
      }
      let rate = try rates.value(at: index)
      try program.set(step.numbers, to: step.values(at: index, learningRate: rate))
      try program.run()
      norms += try program.values(of: step.gradientNorm)
      for (number, variable) in variables.enumerated() {
        let name = "after\(index + 1)_\(number)"
        guard golden.tensors[name] != nil else { continue }
        comparisons.append(try golden.compare(name, variable.values(), .standard))
      }
    }
    if golden.tensors["grad_norms"] != nil {
      comparisons.append(try golden.compare("grad_norms", norms, .standard))
    }
    return try comparisons + states()
  }

  /// The moments after the last step.
  private func states() throws -> [Comparison] {
    let names = [
      "exp_avg": "firstMoment", "exp_avg_sq": "secondMoment", "max_exp_avg_sq": "maximumMoment",
      "momentum_buffer": "momentum",
    ]
    var comparisons: [Comparison] = []
    for (number, variable) in variables.enumerated() {
      for (name, state) in names.sorted(by: { $0.key < $1.key }) {
        guard
          golden.tensors["\(name)\(number)"] != nil,
          let found = step.state.first(where: { $0.name == "\(variable.name).\(state)" })
        else { continue }
        comparisons.append(try golden.compare("\(name)\(number)", found.values(), .standard))
      }
    }
    return comparisons
  }
}
