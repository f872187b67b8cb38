import Tensors
import Testing

/// A convolution, seen forward or as a transposed one.
struct ConvolutionCase: CustomTestStringConvertible {
  let picture: Shape
  let weight: Shape
  var stride: PerAxis = 1
  var padding: PerAxis = 0
  var dilation: PerAxis = 1
  var groups = 1
  /// Of the transposed convolution.
  var outputPadding: PerAxis = 0

  var geometry: ConvolutionGeometry {
    .init(stride: stride, padding: padding, dilation: dilation, groups: groups)
  }

  var testDescription: String {
    "\(picture) * \(weight) stride \(stride) padding \(padding) dilation \(dilation) groups "
      + "\(groups) output padding \(outputPadding)"
  }

  static let all: [ConvolutionCase] = [
    .init(picture: [2, 3, 9, 7], weight: [5, 3, 3, 3], padding: 1),
    .init(picture: [3, 2, 8, 6], weight: [3, 2, 4, 4], stride: 2, padding: 1),
    .init(
      picture: [1, 4, 7, 11], weight: [6, 2, 3, 2], stride: PerAxis(y: 3, x: 2),
      padding: PerAxis(y: 2, x: 0), dilation: PerAxis(y: 2, x: 1), groups: 2,
      outputPadding: PerAxis(y: 1, x: 1)),
    // A kernel smaller than its stride leaves phases of the transposed result without taps.
    .init(
      picture: [2, 2, 7, 5], weight: [3, 2, 2, 1], stride: 3, outputPadding: PerAxis(y: 2, x: 1)),
    // Stride and dilation with a common factor; depthwise.
    .init(
      picture: [1, 3, 11, 9], weight: [3, 1, 3, 3], stride: 2, padding: 3, dilation: 2,
      groups: 3, outputPadding: 1),
    .init(picture: [2, 5, 1, 1], weight: [4, 5, 1, 1]),
  ]
}

/// Sizes at which the CPU's kernels change their way: one channel, channel counts that fill no
/// panel, rows a little shorter and longer than vectors, very long and very thin pictures.
struct WideCase: CustomTestStringConvertible {
  let picture: Shape
  let weight: Shape
  var stride: PerAxis = 1
  var padding: PerAxis = 0
  var dilation: PerAxis = 1
  var groups = 1

  var testDescription: String {
    "\(picture) * \(weight) stride \(stride) padding \(padding) dilation \(dilation) "
      + "groups \(groups)"
  }

  static let all: [WideCase] = [
    .init(picture: [2, 1, 34, 66], weight: [9, 1, 4, 4], stride: 2, padding: 1),
    .init(picture: [1, 11, 32, 64], weight: [1, 11, 4, 4], stride: 2, padding: 1),
    .init(picture: [3, 2, 5, 33], weight: [5, 2, 4, 4], stride: 2, padding: 1),
    .init(picture: [1, 3, 1, 1000], weight: [2, 3, 1, 7], padding: PerAxis(y: 0, x: 3)),
    .init(picture: [1, 2, 900, 1], weight: [3, 2, 7, 1], padding: PerAxis(y: 3, x: 0)),
    .init(picture: [1, 6, 9, 40], weight: [10, 3, 3, 3], padding: 2, dilation: 2, groups: 2),
    .init(picture: [1, 300, 6, 20], weight: [13, 300, 4, 4], stride: 2, padding: 1),
    .init(picture: [1, 5, 36, 36], weight: [3, 5, 32, 32]),
    .init(picture: [2, 4, 20, 47], weight: [6, 4, 3, 5], stride: 3, padding: 1),
    .init(picture: [5, 70, 1, 1], weight: [130, 70, 1, 1]),
    .init(picture: [1, 70, 2, 2], weight: [12, 70, 4, 4], stride: 2, padding: 1),
  ]
}

@Suite("Convolution")
struct ConvolutionTests {
  @Test("convolution and its gradients", arguments: ConvolutionCase.all)
  func forward(_ test: ConvolutionCase) throws {
    let x = OperationCheck.Input(test.picture)
    let w = OperationCheck.Input(test.weight, seed: 2)
    let bias = OperationCheck.Input([test.weight[0]], seed: 3)
    let y = convolution(
      x.tensor, weight: w.tensor, bias: bias.tensor, stride: test.stride, padding: test.padding,
      dilation: test.dilation, groups: test.groups)
    let reference = ConvolutionReference(
      picture: test.picture, positions: y.shape, weight: test.weight, geometry: test.geometry)
    let (xs, ws, biases) = (x.doubles, w.doubles, bias.doubles)
    try OperationCheck.expect(
      y, from: [x, w, bias], equals: reference.convolution(xs, ws, bias: biases),
      tolerance: 2e-6)
    try OperationCheck.expectGradient(of: y, by: x, others: [w, bias]) {
      reference.convolution($0, ws, bias: biases)
    }
    try OperationCheck.expectGradient(of: y, by: w, others: [x, bias]) {
      reference.convolution(xs, $0, bias: biases)
    }
    try OperationCheck.expectGradient(of: y, by: bias, others: [x, w]) {
      reference.convolution(xs, ws, bias: $0)
    }
  }

  @Test("transposed convolution and its gradients", arguments: ConvolutionCase.all)
  func transposed(_ test: ConvolutionCase) throws {
    // The case read from the other side: its picture is the result.
    let source: Shape = [test.picture[0], test.weight[0], 3, 2]
    let x = OperationCheck.Input(source)
    let w = OperationCheck.Input(test.weight, seed: 2)
    let bias = OperationCheck.Input([test.weight[1] * test.groups], seed: 3)
    let y = transposedConvolution(
      x.tensor, weight: w.tensor, bias: bias.tensor, stride: test.stride, padding: test.padding,
      dilation: test.dilation, groups: test.groups, outputPadding: test.outputPadding)
    let reference = ConvolutionReference(
      picture: y.shape, positions: source, weight: test.weight, geometry: test.geometry)
    let (xs, ws, biases) = (x.doubles, w.doubles, bias.doubles)
    try OperationCheck.expect(
      y, from: [x, w, bias], equals: reference.transposed(xs, ws, bias: biases), tolerance: 2e-6)
    try OperationCheck.expectGradient(of: y, by: x, others: [w, bias]) {
      reference.transposed($0, ws, bias: biases)
    }
    try OperationCheck.expectGradient(of: y, by: w, others: [x, bias]) {
      reference.transposed(xs, $0, bias: biases)
    }
  }

  @Test("gradients of the gradient by the weights", arguments: ConvolutionCase.all.prefix(3))
  func secondOrder(_ test: ConvolutionCase) throws {
    let x = OperationCheck.Input(test.picture)
    let w = OperationCheck.Input(test.weight, seed: 2)
    let y = convolution(
      x.tensor, weight: w.tensor, stride: test.stride, padding: test.padding,
      dilation: test.dilation, groups: test.groups)
    let upstream = OperationCheck.Input(y.shape, seed: 3)
    let byWeight = y.gradients(withRespectTo: [w.tensor], upstream: upstream.tensor)[0]
    let reference = ConvolutionReference(
      picture: test.picture, positions: y.shape, weight: test.weight, geometry: test.geometry)
    let (xs, upstreams) = (x.doubles, upstream.doubles)
    try OperationCheck.expectGradient(of: byWeight, by: x, others: [upstream]) {
      reference.weightGradient($0, upstreams)
    }
    try OperationCheck.expectGradient(of: byWeight, by: upstream, others: [x]) {
      reference.weightGradient(xs, $0)
    }
  }

  @Test("kernels of rows that fill vectors, and of those that do not", arguments: WideCase.all)
  func wide(_ test: WideCase) throws {
    let geometry = ConvolutionGeometry(
      stride: test.stride, padding: test.padding, dilation: test.dilation, groups: test.groups)
    let x = OperationCheck.Input(test.picture)
    let w = OperationCheck.Input(test.weight, seed: 2)
    let bias = OperationCheck.Input([test.weight[0]], seed: 4)
    let y = convolution(
      x.tensor, weight: w.tensor, bias: bias.tensor, stride: test.stride, padding: test.padding,
      dilation: test.dilation, groups: test.groups)
    let upstream = OperationCheck.Input(y.shape, seed: 3)
    let gradients = y.gradients(
      withRespectTo: [x.tensor, w.tensor], upstream: upstream.tensor)
    let reference = ConvolutionReference(
      picture: test.picture, positions: y.shape, weight: test.weight, geometry: geometry)
    try OperationCheck.expect(
      y, from: [x, w, bias],
      equals: reference.convolution(x.doubles, w.doubles, bias: bias.doubles), tolerance: 5e-6)
    try OperationCheck.expect(
      gradients[0], from: [w, upstream],
      equals: reference.transposed(upstream.doubles, w.doubles), tolerance: 5e-6)
    try OperationCheck.expect(
      gradients[1], from: [x, upstream],
      equals: reference.weightGradient(x.doubles, upstream.doubles), tolerance: 5e-6)
  }

  @Test("tiles, blocks and chunks in every direction")
  func large() throws {
    let geometry = ConvolutionGeometry(stride: 2, padding: 1)
    let x = OperationCheck.Input([2, 37, 33, 69])
    let w = OperationCheck.Input([71, 37, 4, 4], seed: 2)
    let y = convolution(x.tensor, weight: w.tensor, stride: 2, padding: 1)
    let upstream = OperationCheck.Input(y.shape, seed: 3)
    let gradients = y.gradients(
      withRespectTo: [x.tensor, w.tensor], upstream: upstream.tensor)
    let reference = ConvolutionReference(
      picture: x.tensor.shape, positions: y.shape, weight: w.tensor.shape, geometry: geometry)
    try OperationCheck.expect(
      y, from: [x, w], equals: reference.convolution(x.doubles, w.doubles), tolerance: 5e-6)
    try OperationCheck.expect(
      gradients[0], from: [w, upstream],
      equals: reference.transposed(upstream.doubles, w.doubles), tolerance: 5e-6)
    try OperationCheck.expect(
      gradients[1], from: [x, upstream],
      equals: reference.weightGradient(x.doubles, upstream.doubles), tolerance: 5e-6)
  }

  @Test("the same bits on one thread and on all")
  func threads() throws {
    let x = OperationCheck.Input([4, 8, 70, 70])
    let w = OperationCheck.Input([16, 8, 3, 3], seed: 2)
    let y = convolution(x.tensor, weight: w.tensor, padding: 1)
    let gradients = y.gradients(
      withRespectTo: [x.tensor, w.tensor], upstream: y)
    let results = try [CPUBackend(threadCount: 1), CPUBackend()].map { backend in
      try Program(outputs: gradients, on: backend).run([x.tensor: x.values, w.tensor: w.values])
    }
    #expect(results[0] == results[1])
  }
}

extension OperationCheck.Input {
  fileprivate var doubles: [Double] { values.map(Double.init) }
}
