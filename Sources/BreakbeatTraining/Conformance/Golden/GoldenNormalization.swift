import Tensors

extension CaseKind {
  /// `group_norm`, `batch_norm` and a residual block.
  static let normalizations: [CaseKind] = [
    .program("group_norm") { program in
      let x = try program.input("input")
      let (groups, epsilon) = try program.groupFields(channels: x.shape)
      let (weight, bias) = try program.affine(channels: x.shape[1])
      let y = groupNormalization(x, groups: groups, weight: weight, bias: bias, epsilon: epsilon)
      program.expect("output", y)
      program.expectStatistics(of: x, groups: groups, epsilon: epsilon)
      try program.expectGradients(of: y, by: named(x, weight, bias))
    },
    .program("batch_norm") { program in try batchNorm(&program) },
    .program({ compact($0.operation) == "x+conv2(silu(gn2(conv1(silu(gn1(x))))))" }) { program in
      try residualBlock(&program)
    },
  ]
}

extension CaseProgram {
  fileprivate func groupFields(channels shape: Shape) throws(CaseProblem) -> (Int, Float) {
    let groups = try golden.integer("groups", in: 1...65_536)
    guard shape.rank >= 2, shape[1] % groups == 0 else {
      throw .damaged("\(groups) groups of input \(shape)")
    }
    return (groups, try golden.float("eps", default: 1e-5))
  }

  /// Scale and shift of each channel, where the case has them.
  fileprivate mutating func affine(channels: Int) throws(CaseProblem) -> (Tensor?, Tensor?) {
    guard try golden.flag("affine", default: golden.tensors["weight"] != nil) else {
      return (nil, nil)
    }
    return (
      try input("weight", shape: [channels]), try input("bias", shape: [channels])
    )
  }

  /// Mean and reciprocal deviation of each group of each picture, `[N, groups]`.
  fileprivate mutating func expectStatistics(of x: Tensor, groups: Int, epsilon: Float) {
    let size = x.shape.count / x.shape[0] / groups
    let grouped = x.reshaped(to: [x.shape[0], groups, size])
    let mean = grouped.mean(over: [2], keepingAxes: true)
    let variance = square(grouped - mean).mean(over: [2])
    expectIfGiven("mean", mean)
    expectIfGiven("rstd", reciprocal(sqrt(variance + epsilon)))
  }
}

private func named(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?) -> [(String, Tensor)] {
  [("input", x), ("weight", weight), ("bias", bias)].compactMap { name, tensor in
    tensor.map { (name, $0) }
  }
}

/// Normalization over the batch, with the running statistics after it, or by given statistics.
private func batchNorm(_ program: inout CaseProgram) throws(CaseProblem) {
  let golden = program.golden
  let x = try program.input("input")
  guard x.shape.rank >= 2 else { throw .damaged("input \(x.shape) has no channels") }
  let channels = x.shape[1]
  let (weight, bias) = try program.affine(channels: channels)
  let epsilon = try golden.float("eps", default: 1e-5)
  let isTraining = try golden.flag("training", default: true)
  let y: Tensor
  if isTraining {
    y = batchNormalization(x, weight: weight, bias: bias, epsilon: epsilon)
  } else {
    y = batchNormalization(
      x, mean: try program.input("running_mean", shape: [channels]),
      variance: try program.input("running_var", shape: [channels]), weight: weight, bias: bias,
      epsilon: epsilon)
  }
  program.expect("output", y)
  try program.expectGradients(of: y, by: named(x, weight, bias))
  guard golden.tensors["new_running_mean"] != nil else { return }
  let mean = try program.input("running_mean", shape: [channels])
  let variance = try program.input("running_var", shape: [channels])
  guard isTraining else {
    program.expect("new_running_mean", mean)
    program.expect("new_running_var", variance)
    return
  }
  guard x.shape.count > channels else {
    throw .damaged("one element per channel has no unbiased variance: \(x.shape)")
  }
  let momentum = try golden.float("momentum", default: 0.1)
  let batch = batchStatistics(x, epsilon: epsilon)
  program.expect("new_running_mean", mean * (1 - momentum) + batch.mean * momentum)
  program.expect("new_running_var", variance * (1 - momentum) + batch.variance * momentum)
}

/// x + convolution(silu(norm(convolution(silu(norm(x)))))).
private func residualBlock(_ program: inout CaseProgram) throws {
  let x = try program.input("input", rank: 4)
  let channels = x.shape[1]
  let (groups, epsilon) = try program.groupFields(channels: x.shape)
  let padding = try program.golden.pair("padding", in: 0...64, default: 1)
  var inputs = [("input", x)]
  var y = x
  for index in 1...2 {
    let weight = try program.input("gn\(index).weight", shape: [channels])
    let bias = try program.input("gn\(index).bias", shape: [channels])
    let kernel = try program.input("conv\(index).weight", rank: 4)
    guard
      Array(kernel.shape.dimensions[0..<2]) == [channels, channels],
      kernel.shape[2] == 2 * padding.y + 1, kernel.shape[3] == 2 * padding.x + 1
    else { throw CaseProblem.damaged("conv\(index).weight has shape \(kernel.shape)") }
    let shift = try program.input("conv\(index).bias", shape: [channels])
    y = groupNormalization(y, groups: groups, weight: weight, bias: bias, epsilon: epsilon)
    y = convolution(silu(y), weight: kernel, bias: shift, padding: padding)
    inputs += [
      ("gn\(index).weight", weight), ("gn\(index).bias", bias),
      ("conv\(index).weight", kernel), ("conv\(index).bias", shift),
    ]
  }
  y = x + y
  program.expect("output", y)
  try program.expectGradients(of: y, by: inputs)
}
