import NeuralNetworks
import Tensors

extension CaseKind {
  /// Losses of pictures, and the draw of latents with its divergence.
  static let losses: [CaseKind] = [
    .program({ $0.tensors["prediction"] != nil && $0.tensors["loss"] != nil }) { program in
      let prediction = try program.input("prediction")
      let target = try program.input("target", shape: prediction.shape.dimensions)
      let loss = try PictureLosses(prediction: prediction, target: target).loss(of: program.golden)
      program.expect("loss", loss)
      try program.expectGradients(of: loss, by: ["prediction": prediction])
    },
    .program({ compact($0.operation).hasPrefix("z=mu+exp(logvar/2)*eps") }) { program in
      try drawAndDivergence(&program)
    },
  ]
}

extension PictureLosses {
  /// The loss of a case: its `formula`, or its name with its `reduction`.
  fileprivate func loss(of golden: GoldenCase) throws(CaseProblem) -> Tensor {
    if golden.fields["formula"] != nil { return try loss(golden.text("formula")) }
    let reduction = compact(try golden.text("reduction", default: "mean"))
    let parts = reduction.split(separator: "*", maxSplits: 1)
    guard let factor = parts.count == 2 ? Double(parts[0]) : 1 else {
      throw .unknown("reduction \(reduction)")
    }
    let isMean: Bool
    switch parts.last {
    case "mean": isMean = true
    case "sumoverpixels,meanoverbatch": isMean = false
    default: throw .unknown("reduction \(reduction)")
    }
    let form: LossReduction = isMean ? .mean : .sumOverPixels
    let value: Tensor
    switch golden.operation.split(separator: "_").first {
    case "bce": value = binaryCrossEntropy(logits: prediction, target: target, reduction: form)
    case "mse":
      if factor == 0.5, !isMean { return halfSquaredError(prediction, target) }
      value = squaredError(prediction, target, reduction: form)
    case "l1", "mae": value = absoluteError(prediction, target, reduction: form)
    default: throw .unknown("loss \(golden.operation)")
    }
    return factor == 1 ? value : value * Float(factor)
  }
}

/// z = mean + exp(logVariance / 2) · noise, and the gradients of β · divergence + Σ z · grad_z.
private func drawAndDivergence(_ program: inout CaseProgram) throws(CaseProblem) {
  let golden = program.golden
  let mean = try program.input("mu", rank: 2)
  let shape = mean.shape.dimensions
  let logVariance = try program.input("logvar", shape: shape)
  let noise = try program.input("eps", shape: shape)
  let upstream = try program.input("grad_z", shape: shape)
  guard compact(try golden.text("k")) == "(mu^2+exp(logvar)-1-logvar)/2" else {
    throw .unknown("divergence \(try golden.text("k"))")
  }
  let drawn = reparameterize(mean: mean, logVariance: logVariance, noise: noise)
  let each = divergenceFromStandardNormal(mean: mean, logVariance: logVariance)
  let total: Tensor
  switch compact(try golden.text("kl")) {
  case "meanoverthebatchofsumoverlatentsofk":
    total = divergence(mean: mean, logVariance: logVariance)
  case "sumoverlatentsofmax(free,batchmeanofk)":
    let free = try golden.float("free_nats", default: 0)
    total = divergence(mean: mean, logVariance: logVariance, freeNats: free)
  default:
    throw .unknown("divergence \(try golden.text("kl"))")
  }
  let beta = try golden.float("beta", default: 1)
  program.expect("z", drawn)
  program.expectIfGiven("kl_per_image", each.sum(over: [1]))
  program.expect("kl", total)
  try program.expectGradients(
    of: total * beta + (drawn * upstream).sum(), by: ["mu": mean, "logvar": logVariance])
}
