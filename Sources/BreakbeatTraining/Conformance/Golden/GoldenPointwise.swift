import Tensors

extension CaseKind {
  /// Activations and other functions of single numbers, with their gradients.
  static let pointwise: [CaseKind] = [
    .program({ pointwiseName(of: $0) != nil }) { program in
      let x = try program.input("input")
      let y = try applied(program.golden, x)
      program.expect("output", y)
      try program.expectGradients(of: y, by: ["input": x])
    }
  ]
}

private let pointwiseNames = [
  "relu", "leaky_relu", "lrelu", "silu", "swish", "sigmoid", "tanh", "gelu", "elu", "softplus",
  "exp", "hardtanh", "relu6", "log", "sqrt", "square", "abs", "reciprocal",
]

/// The function's name; a variant's number may follow it, as in `leaky_relu_001`.
private func pointwiseName(of golden: GoldenCase) -> String? {
  let operation = golden.operation
  if pointwiseNames.contains(operation) { return operation }
  return pointwiseNames.first {
    operation.hasPrefix($0 + "_")
      && operation.dropFirst($0.count + 1).allSatisfy { $0.isNumber || $0 == "_" || $0 == "." }
  } ?? (operation == "gelu_tanh" || operation == "gelu_erf" ? "gelu" : nil)
}

private func applied(_ golden: GoldenCase, _ x: Tensor) throws(CaseProblem) -> Tensor {
  let x = try argument(golden, x)
  switch pointwiseName(of: golden) {
  case "relu": return relu(x)
  case "leaky_relu", "lrelu":
    let slope = try golden.float("slope", default: golden.number("negative_slope", default: 0.01))
    return leakyReLU(x, slope: slope)
  case "silu", "swish": return silu(x)
  case "sigmoid": return sigmoid(x)
  case "tanh": return tanh(x)
  case "gelu":
    let preset = golden.operation == "gelu_tanh" ? "tanh" : "none"
    switch try golden.text("approximate", default: preset) {
    case "none": return gelu(x)
    case "tanh": return tanhGELU(x)
    case let other: throw .unknown("GELU with approximation \(other)")
    }
  case "elu": return elu(x, scale: try golden.float("alpha", default: 1))
  case "softplus": return try softplus(golden, x)
  case "exp": return exp(x)
  case "hardtanh":
    let lower = try golden.float("min_val", default: golden.number("min", default: -1))
    let upper = try golden.float("max_val", default: golden.number("max", default: 1))
    guard lower < upper else { throw .damaged("hardtanh from \(lower) to \(upper)") }
    return x.clamped(to: lower...upper)
  case "relu6": return x.clamped(to: 0...6)
  case "log": return log(x)
  case "sqrt": return sqrt(x)
  case "square": return square(x)
  case "abs": return abs(x)
  case "reciprocal": return reciprocal(x)
  case let other: throw .unknown("pointwise function \(other ?? golden.operation)")
  }
}

/// What the function is applied to: the field `arg`, a linear formula of x; x itself without it.
private func argument(_ golden: GoldenCase, _ x: Tensor) throws(CaseProblem) -> Tensor {
  guard golden.fields["arg"] != nil else { return x }
  let formula = try Formula(golden.text("arg"))
  return try formula.value(["x": FormulaTerm.tensor(x)]).tensor
}

/// ln(1 + e^(βx)) / β, and x itself where βx is above the threshold.
private func softplus(_ golden: GoldenCase, _ x: Tensor) throws(CaseProblem) -> Tensor {
  let beta = try golden.float("beta", default: 1)
  let threshold = try golden.float("threshold", default: 20)
  guard beta != 0 else { throw .damaged("softplus with beta 0") }
  let smooth = softplus(x * beta) / beta
  // From 17 on, float32 cannot tell the two apart.
  guard threshold < 17 else { return beta == 1 ? softplus(x) : smooth }
  let isAbove = greater(x * beta, .constant(threshold))
  return isAbove * x + (1 - isAbove) * smooth
}
