import NeuralNetworks
import Tensors

extension CaseKind {
  /// Whole runs of training a small auto-encoder.
  static let training: [CaseKind] = [
    CaseKind(matches: { $0.operation == "train" && $0.tensors["batches"] != nil }) {
      try TracedRun($0, on: $1).comparisons()
    }
  ]

  fileprivate static let knownOrder =
    "enc[k]: conv -> norm -> act; flatten(C,H,W) -> fc -> mu,logvar = first,second half; "
    + "z = mu+exp(logvar/2)*eps[step]; fz -> act -> view(C,g,g); "
    + "dec[k]: convT -> norm -> act, last: convT only"
}

/// One program that is run for every step.
private struct TracedRun {
  let golden: GoldenCase
  let network: TraceNetwork
  let pictures: Tensor
  let noise: Tensor
  let beta: Tensor
  let betas: StepSeries
  let rates: StepSeries
  let batchOfStep: StepSeries
  let stepCount: Int
  let optimizerStep: OptimizerStep
  /// Results of the first step, by name.
  let first: [(name: String, tensor: Tensor)]
  /// Results of every step.
  let loss, reconstruction, divergence: Tensor
  let program: Program

  init(_ golden: GoldenCase, on backend: any Backend) throws {
    self.golden = golden
    let order = try golden.text("order", default: CaseKind.knownOrder)
    guard order == CaseKind.knownOrder else { throw CaseProblem.unknown("order \(order)") }
    stepCount = try golden.integer("steps", in: 1...10_000)
    betas = try StepSeries(golden.text("beta"))
    rates = try StepSeries(
      golden.text("schedule", default: "constant"), constant: "lr",
      known: ["lr": golden.number("lr")])
    batchOfStep = try Self.batchSeries(golden)

    let network = try TraceNetwork(golden, on: backend)
    self.network = network
    let size = try golden.integer("size", in: 1...4096)
    let latentSize = try golden.integer("latent", in: 1...4096)
    let batches = try golden.tensor("batches").shape
    guard batches.count == 5, Array(batches[2...]) == [1, size, size] else {
      throw CaseProblem.damaged("batches has shape \(batches)")
    }
    guard try golden.tensor("eps").shape == [stepCount, batches[1], latentSize] else {
      throw CaseProblem.damaged("eps does not fit the steps, the batch and the latents")
    }
    pictures = Tensor.input(Shape(Array(batches[1...])), name: "pictures")
    noise = Tensor.input([batches[1], latentSize], name: "noise")
    beta = Tensor.input([], name: "beta")

    let latents = try network.encode(pictures)
    let drawn = reparameterize(
      mean: latents.mean, logVariance: latents.logVariance, noise: noise)
    let decoded = try network.decode(drawn)
    let losses = PictureLosses(prediction: decoded, target: pictures)
    reconstruction = try losses.loss(golden.text("recon"))
    divergence = NeuralNetworks.divergence(
      mean: latents.mean, logVariance: latents.logVariance)
    loss = try Formula.parse(golden.text("loss")).formula.value([
      "recon": FormulaTerm.tensor(reconstruction), "kl": .tensor(divergence),
      "beta": .tensor(beta), "D": .constant(Double(losses.pixelCount)),
    ]).tensor

    let trained = network.parameters.trained
    let gradients = loss.gradients(withRespectTo: trained.map { Tensor($0) })
    let limit = try golden.number("clip_global_norm", default: 0)
    optimizerStep = try optimizer(named: golden.text("optimizer"), golden).step(
      for: trained, gradients: gradients, clippingNormTo: limit > 0 ? limit : nil)
    first =
      [
        ("first_logits", decoded), ("first_mu", latents.mean),
        ("first_logvar", latents.logVariance),
      ] + zip(trained, gradients).map { ("first_grad." + $0.name, $1) }
    program = try Program(
      outputs: [loss, reconstruction, divergence, optimizerStep.gradientNorm]
        + first.map(\.tensor),
      updates: optimizerStep.updates, on: backend, label: golden.path)
  }

  /// The number of the batch of each step, from text such as `batches[step % 4]`.
  private static func batchSeries(_ golden: GoldenCase) throws(CaseProblem) -> StepSeries {
    let text = compact(try golden.text("batch", default: "batches[step]"))
    guard text.hasPrefix("batches["), text.hasSuffix("]") else {
      throw .unknown("batch \(text)")
    }
    return try StepSeries(String(text.dropFirst(8).dropLast()))
  }

  func comparisons() throws -> [Comparison] {
    var comparisons: [Comparison] = []
    var curves: [String: [Float]] = [:]
    for step in 0..<stepCount {
      try setInputs(step)
      try program.run()
      for (name, tensor) in [
        ("loss", loss), ("recon", reconstruction), ("kl", divergence),
        ("grad_norm", optimizerStep.gradientNorm),
      ] {
        curves[name, default: []] += try program.values(of: tensor)
      }
      guard step == 0 else { continue }
      for (name, tensor) in first where golden.tensors[name] != nil {
        comparisons.append(
          try golden.compare(name, program.values(of: tensor), .gradient(of: name)))
      }
    }
    for (name, values) in curves.sorted(by: { $0.key < $1.key }) {
      comparisons.append(try compareCurve(name, values))
    }
    return try comparisons + finalParameters()
  }

  /// The parameters after the last step.
  ///
  /// Adam divides by the root of the squared gradient, so where that is nearly 0 rounding noise
  /// becomes a full step: of each tensor two numbers, or one of fifty, may be as far off as all
  /// steps together can carry them.
  private func finalParameters() throws -> [Comparison] {
    var path = 0.0
    for step in 0..<stepCount { path += try rates.value(at: step) }
    var comparisons: [Comparison] = []
    for variable in network.parameters.trained {
      let name = "final." + variable.name
      guard golden.tensors[name] != nil else { continue }
      comparisons.append(
        try golden.compare(
          name, variable.values(), Tolerance(referenceErrors: 20, relative: 2e-3),
          strays: .init(count: max(2, variable.shape.count / 50), limit: path)))
    }
    return comparisons
  }

  private func setInputs(_ step: Int) throws {
    try program.set(pictures, to: slice("batches", Int(batchOfStep.value(at: step))))
    try program.set(noise, to: slice("eps", step))
    try program.set(beta, to: [Float(betas.value(at: step))])
    let rate = try rates.value(at: step)
    try program.set(optimizerStep.numbers, to: optimizerStep.values(at: step, learningRate: rate))
  }

  /// One element of a tensor's first axis.
  private func slice(_ name: String, _ index: Int) throws(CaseProblem) -> [Float] {
    let entry = try golden.tensor(name)
    guard (0..<entry.shape[0]).contains(index) else {
      throw .damaged("\(name) has no element \(index)")
    }
    let count = entry.values.count / entry.shape[0]
    return Array(entry.values[index * count..<(index + 1) * count])
  }

  /// Compares relative to the size of each number: losses of 1 and less absolutely. A parameter that
  /// has gone astray, see ``finalParameters()``, shows in what follows: of ten steps one may be off
  /// by three times as much. It is needed where signs of differences are gradients (the L1 term of
  /// `trace_gn_silu_grad_clip`), and there on some processors only.
  private func compareCurve(_ name: String, _ values: [Float]) throws -> Comparison {
    let expected = try golden.tensor(name).values
    guard expected.count == values.count else {
      throw CaseProblem.damaged("\(name) has \(expected.count) steps, not \(values.count)")
    }
    let isLoss = name == "loss" || name == "recon"
    let scales = expected.map { max($0.magnitude, isLoss ? 1 : .leastNormalMagnitude) }
    let tolerance = isLoss ? 1e-4 : 2e-3
    return Comparison(
      name, zip(values, scales).map { $0 / $1 }, expected: zip(expected, scales).map { $0 / $1 },
      strays: .init(count: values.count / 10, limit: 3 * tolerance)
    ) { _ in tolerance }
  }
}
