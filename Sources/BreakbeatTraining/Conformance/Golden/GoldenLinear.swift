import Tensors

extension CaseKind {
  /// `linear` and `matmul`.
  static let matrixProducts: [CaseKind] = [
    .program("linear") { program in
      let x = try program.input("input", rank: 2)
      let w = try program.input("weight", rank: 2)
      guard x.shape[1] == w.shape[1] else {
        throw CaseProblem.damaged("input \(x.shape) and weight \(w.shape) do not fit")
      }
      var y = matrixProduct(x, w, transposeRight: true)
      var inputs = [("input", x), ("weight", w)]
      if program.golden.tensors["bias"] != nil {
        let bias = try program.input("bias", shape: [w.shape[0]])
        y = y + bias
        inputs.append(("bias", bias))
      }
      program.expect("output", y)
      try program.expectGradients(of: y, by: inputs)
    },
    .program("matmul") { program in
      let a = try program.input("a", rank: 2)
      let b = try program.input("b", rank: 2)
      let transposeLeft = try program.golden.flag("transpose_a", default: false)
      let transposeRight = try program.golden.flag("transpose_b", default: false)
      guard a.shape[transposeLeft ? 0 : 1] == b.shape[transposeRight ? 1 : 0] else {
        throw CaseProblem.damaged("\(a.shape) and \(b.shape) do not fit")
      }
      let y = matrixProduct(a, b, transposeLeft: transposeLeft, transposeRight: transposeRight)
      program.expect("output", y)
      try program.expectGradients(of: y, by: ["a": a, "b": b])
    },
  ]
}
