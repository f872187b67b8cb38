import Tensors

extension CaseKind {
  /// Resampling, softmax, joining, broadcasting and long reductions.
  static let shapes: [CaseKind] = [
    .program({ $0.operation.hasPrefix("upsample_nearest") }) { program in
      let x = try program.input("input", rank: 4)
      let scale = try program.golden.integer("scale", in: 1...64, default: 2)
      let y = x.upsampled(by: scale)
      program.expect("output", y)
      try program.expectGradients(of: y, by: ["input": x])
    },
    .program({ $0.operation == "avg_pool2d" }) { program in
      let x = try program.input("input", rank: 4)
      let kernel = try program.golden.pair("kernel", in: 1...64, default: 2)
      let stride = try program.golden.pair("stride", in: 1...64, default: kernel.y)
      guard kernel == stride, kernel.y == kernel.x else {
        throw CaseProblem.unknown("average pooling of \(kernel) with stride \(stride)")
      }
      guard x.shape[2] >= kernel.y, x.shape[3] >= kernel.x else {
        throw CaseProblem.damaged("input \(x.shape) is smaller than the kernel \(kernel)")
      }
      let y = x.averagePooled(by: kernel.y)
      program.expect("output", y)
      try program.expectGradients(of: y, by: ["input": x])
    },
    .program({ compact($0.operation) == "x+b[None,:,None,None]" }) { program in
      let x = try program.input("input", rank: 4)
      let channels = x.shape[1]
      let bias = try program.input("bias", shape: [channels])
      let y = x + bias.reshaped(to: [1, channels, 1, 1])
      program.expect("output", y)
      try program.expectGradients(of: y, by: ["input": x, "bias": bias])
    },
    .program({ $0.operation.hasPrefix("softmax") }) { program in
      let x = try program.input("input")
      let axis = try axis(in: program.golden.operation, of: x.shape)
      var order = Array(0..<x.shape.rank)
      order.swapAt(axis, order.count - 1)
      let isLast = axis == order.count - 1
      let y = isLast ? softmax(x) : softmax(x.permuted(to: order)).permuted(to: order)
      program.expect("output", y)
      try program.expectGradients(of: y, by: ["input": x])
    },
    .program({ $0.operation.hasPrefix("concat") }) { program in
      let golden = program.golden
      let names = golden.tensors.keys.filter { $0 != "output" && !$0.hasPrefix("grad_") }.sorted()
      let parts = try names.map { (name: $0, tensor: try program.input($0)) }
      guard let first = parts.first?.tensor.shape else {
        throw CaseProblem.damaged("there is nothing to join")
      }
      let axis = try axis(in: golden.operation, of: first)
      for part in parts {
        var dimensions = part.tensor.shape.dimensions
        if dimensions.count == first.rank { dimensions[axis] = first[axis] }
        guard dimensions == first.dimensions else {
          throw CaseProblem.damaged("\(first) and \(part.tensor.shape) do not fit")
        }
      }
      let y = concatenated(parts.map(\.tensor), axis: axis)
      program.expect("output", y)
      try program.expectGradients(of: y, by: parts)
    },
    .program({ $0.tensors["sumsq"] != nil && $0.operation.hasPrefix("sum, mean, max") }) {
      program in
      let x = try program.input("input")
      program.expectIfGiven("sum", x.sum(), .sum)
      program.expectIfGiven("mean", x.mean(), .sum)
      program.expectIfGiven("max", x.maximum())
      program.expectIfGiven("sumsq", square(x).sum(), .sum)
    },
  ]
}

/// A text without white space.
func compact(_ text: String) -> String { text.filter { !$0.isWhitespace } }

/// The axis in a text such as `softmax over last axis`, `concat axis 1`.
private func axis(in text: String, of shape: Shape) throws(CaseProblem) -> Int {
  let words = text.split { !($0.isLetter || $0.isNumber || $0 == "-") }
  let number = words.contains("last") ? -1 : words.compactMap { Int($0) }.first
  guard let number else { throw .unknown("no axis in \"\(text)\"") }
  let axis = number < 0 ? shape.rank + number : number
  guard shape.dimensions.indices.contains(axis) else {
    throw .damaged("axis \(number) of \(shape)")
  }
  return axis
}
