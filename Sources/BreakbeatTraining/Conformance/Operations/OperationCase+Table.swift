import Tensors

extension OperationCase {
  /// Every operation, at odd sizes. Adding an operation adds a row here.
  package static let all: [OperationCase] =
    pointwise + arithmetic + shapes + reductions + products + normalizations + spectral

  private static let pointwise: [OperationCase] = [
    .init("affine", [17, 9]) { $0[0].scaled(by: 1.5, plus: -0.25) },
    .init("affine, larger than a grid dimension", [4_300_033], isDifferentiated: false) {
      $0[0].scaled(by: 1.5, plus: -0.25)
    },
    .init("exp", [17, 9]) { exp($0[0]) },
    .init("log", [17, 9], values: [.positive]) { log($0[0]) },
    .init("sqrt", [33], values: [.positive]) { sqrt($0[0]) },
    .init("square", [17, 9]) { square($0[0]) },
    .init("abs", [17, 9]) { abs($0[0]) },
    .init("reciprocal", [17, 9], values: [.positive]) { reciprocal($0[0]) },
    .init("clamped -1...1.5", [17, 9]) { $0[0].clamped(to: -1...1.5) },
    .init("relu", [17, 9]) { relu($0[0]) },
    .init("leakyReLU slope 0.2", [17, 9]) { leakyReLU($0[0], slope: 0.2) },
    .init("sigmoid", [17, 9]) { sigmoid($0[0]) },
    .init("silu", [17, 9]) { silu($0[0]) },
    .init("tanh", [17, 9]) { tanh($0[0]) },
    .init("gelu", [17, 9]) { gelu($0[0]) },
    .init("tanhGELU", [17, 9]) { tanhGELU($0[0]) },
    .init("elu scale 1.5", [17, 9]) { elu($0[0], scale: 1.5) },
    .init("softplus", [17, 9]) { softplus($0[0]) },
    .init("activations of special numbers", [9], values: [.special], isDifferentiated: false) {
      let x = $0[0]
      return concatenated(
        [
          relu(x), leakyReLU(x, slope: 0.2), sigmoid(x), silu(x), tanh(x), gelu(x), tanhGELU(x),
          elu(x, scale: 1.5), softplus(x), x.clamped(to: -1...1.5), exp(x), abs(x), square(x),
        ], axis: 0)
    },
  ]

  private static let arithmetic: [OperationCase] = [
    .init("add, broadcast", [2, 3, 17, 9], [3, 1, 1]) { $0[0] + $0[1] },
    .init("subtract, broadcast", [17, 9], [9]) { $0[0] - $0[1] },
    .init("multiply", [17, 9], [17, 9]) { $0[0] * $0[1] },
    .init("multiply, broadcast both ways", [17, 1], [1, 9]) { $0[0] * $0[1] },
    .init("divide, broadcast", [17, 9], [17, 1], values: [.signed, .positive]) { $0[0] / $0[1] },
    .init("maximum", [17, 9], [17, 9]) { maximum($0[0], $0[1]) },
    .init("minimum", [17, 9], [17, 9]) { minimum($0[0], $0[1]) },
    .init("greater", [17, 9], [17, 9], isDifferentiated: false) {
      greater($0[0], $0[1])
    },
  ]

  private static let shapes: [OperationCase] = [
    .init("reshaped", [3, 17, 9]) { square($0[0].reshaped(to: [17, 27])) },
    .init("permuted 2 0 3 1", [2, 3, 17, 9]) { $0[0].permuted(to: [2, 0, 3, 1]) },
    .init("transposed", [33, 17]) { $0[0].transposed() },
    .init("sliced", [3, 17, 9]) { $0[0].sliced(axis: 1, 3..<15) },
    .init("padded", [3, 17, 9]) { $0[0].padded(axis: 1, before: 2, after: 5) },
    .init("broadcast", [3, 1, 9]) { $0[0].broadcast(to: [2, 3, 17, 9]) },
    .init("concatenated", [3, 2, 9], [3, 5, 9]) { concatenated($0, axis: 1) },
    .init("upsampled by 3", [2, 3, 5, 7]) { $0[0].upsampled(by: 3) },
    .init("averagePooled by 2", [2, 3, 17, 9]) { $0[0].averagePooled(by: 2) },
  ]

  private static let reductions: [OperationCase] = [
    .init("sum over first", [33, 17]) { $0[0].sum(over: [0]) },
    .init("sum over outer and inner", [3, 17, 9]) { $0[0].sum(over: [0, 2]) },
    .init("sum of many", [70_001], isDifferentiated: false) { $0[0].sum() },
    .init("mean", [17, 9]) { $0[0].mean() },
    .init("maximum over last", [5, 3, 9], values: [.distinct]) { $0[0].maximum(over: [2]) },
    .init("softmax", [17, 9]) { softmax($0[0]) },
    .init("globalNorm", [17, 9], [33]) { globalNorm($0) },
  ]

  private static let normalizations: [OperationCase] = [
    .init("groupNormalization 3 groups", [2, 9, 7, 5], [9], [9]) {
      groupNormalization($0[0], groups: 3, weight: $0[1], bias: $0[2])
    },
    .init("groupNormalization 1 group, more than a piece", [2, 4, 17, 33]) {
      groupNormalization($0[0], groups: 1)
    },
    .init("batchNormalization", [3, 5, 9, 7], [5], [5]) {
      batchNormalization($0[0], weight: $0[1], bias: $0[2])
    },
    .init(
      "batchNormalization by given statistics", [3, 5, 9, 7], [5], [5],
      values: [.signed, .signed, .positive]
    ) { batchNormalization($0[0], mean: $0[1], variance: $0[2]) },
  ]
}
