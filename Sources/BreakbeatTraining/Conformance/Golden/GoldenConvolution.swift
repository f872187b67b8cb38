import Tensors

extension CaseKind {
  /// `conv2d` and `conv_transpose2d`, with all gradients.
  static let convolutions: [CaseKind] = [
    .program("conv2d") { program in
      let (x, w, bias) = try program.convolutionInputs(outputAxis: 0)
      let geometry = try ConvolutionFields(program.golden)
      try geometry.check(input: x.shape[1], weight: w.shape, channelAxis: 1)
      for axis in 0..<2 where geometry.size(x.shape, w.shape, axis) < 1 {
        throw CaseProblem.damaged("kernel \(w.shape) does not fit the padded input \(x.shape)")
      }
      let y = convolution(
        x, weight: w, bias: bias, stride: geometry.stride, padding: geometry.padding,
        dilation: geometry.dilation, groups: geometry.groups)
      try program.expectConvolution(y, x, w, bias)
    },
    .program("conv_transpose2d") { program in
      let (x, w, bias) = try program.convolutionInputs(outputAxis: 1)
      let geometry = try ConvolutionFields(program.golden)
      try geometry.check(input: x.shape[1], weight: w.shape, channelAxis: 0)
      let extra = try program.golden.pair("output_padding", in: 0...64, default: 0)
      for axis in 0..<2
      where geometry.transposedSize(x.shape, w.shape, axis, [extra.y, extra.x][axis]) < 1 {
        throw CaseProblem.damaged("padding leaves nothing of the input \(x.shape)")
      }
      let y = transposedConvolution(
        x, weight: w, bias: bias, stride: geometry.stride, padding: geometry.padding,
        dilation: geometry.dilation, groups: geometry.groups, outputPadding: extra)
      try program.expectConvolution(y, x, w, bias)
    },
  ]
}

/// The fields that both kinds share.
private struct ConvolutionFields {
  let stride, padding, dilation: PerAxis
  let groups: Int

  init(_ golden: GoldenCase) throws(CaseProblem) {
    stride = try golden.pair("stride", in: 1...64, default: 1)
    padding = try golden.pair("padding", in: 0...4096, default: 0)
    dilation = try golden.pair("dilation", in: 1...64, default: 1)
    groups = try golden.integer("groups", in: 1...65_536, default: 1)
  }

  func check(input channels: Int, weight: Shape, channelAxis: Int) throws(CaseProblem) {
    let expected = channelAxis == 1 ? weight[1] * groups : weight[0]
    guard channels == expected, weight[0] % groups == 0 else {
      throw .damaged("\(channels) channels, weight \(weight), \(groups) groups do not fit")
    }
  }

  private func span(_ weight: Shape, _ axis: Int) -> Int {
    (axis == 0 ? dilation.y : dilation.x) * (weight[2 + axis] - 1)
  }

  func size(_ input: Shape, _ weight: Shape, _ axis: Int) -> Int {
    let pad = axis == 0 ? padding.y : padding.x
    let room = input[2 + axis] + 2 * pad - span(weight, axis) - 1
    return room < 0 ? 0 : room / (axis == 0 ? stride.y : stride.x) + 1
  }

  func transposedSize(_ input: Shape, _ weight: Shape, _ axis: Int, _ extra: Int) -> Int {
    let (step, pad) = axis == 0 ? (stride.y, padding.y) : (stride.x, padding.x)
    return (input[2 + axis] - 1) * step - 2 * pad + span(weight, axis) + extra + 1
  }
}

extension CaseProgram {
  fileprivate mutating func convolutionInputs(
    outputAxis: Int
  ) throws(CaseProblem) -> (Tensor, Tensor, Tensor?) {
    let x = try input("input", rank: 4)
    let w = try input("weight", rank: 4)
    let groups = try golden.integer("groups", in: 1...65_536, default: 1)
    let channels = outputAxis == 0 ? w.shape[0] : w.shape[1] * groups
    let bias = golden.tensors["bias"] == nil ? nil : try input("bias", shape: [channels])
    return (x, w, bias)
  }

  fileprivate mutating func expectConvolution(
    _ y: Tensor, _ x: Tensor, _ w: Tensor, _ bias: Tensor?
  ) throws(CaseProblem) {
    expect("output", y)
    try expectGradients(
      of: y, by: [("input", x), ("weight", w)] + (bias.map { [("bias", $0)] } ?? []))
  }
}
