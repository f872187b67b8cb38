internal import Breakbeats
internal import SpectralAudio
internal import NeuralNetworks

extension TrainingSettings {
  /// Steps that show every training picture once.
  public func stepsPerEpoch(items: Int) -> Int {
    max(1, (items - 1) / max(1, batchSize) + 1)
  }

  /// The learning rate at a step, counted from 0.
  public func learningRate(at step: Int) -> Double {
    Schedule.warmUpCosine(
      peak: learningRate, warmUp: min(warmUpSteps, max(1, steps / 10)), total: steps,
      floor: learningRateFloor
    ).value(at: step)
  }

  /// Refuses settings that cannot be trained with; settings that pass cannot overflow any size.
  func check() throws {
    try model.validate()
    let unit = 0.0..<1.0
    try check("steps", steps, (1...1_000_000_000).contains(steps), "1 to 1000000000")
    try check("batchSize", batchSize, (1...4096).contains(batchSize), "1 to 4096")
    if let microBatchSize {
      try check("microBatchSize", microBatchSize, (1...4096).contains(microBatchSize), "1 to 4096")
    }
    try check(
      "learningRate", learningRate, learningRate > 0 && learningRate < 1, "more than 0, less than 1"
    )
    try check(
      "warmUpSteps", warmUpSteps, (0...1_000_000_000).contains(warmUpSteps), "0 to 1000000000")
    try check(
      "learningRateFloor", learningRateFloor, (0...1).contains(learningRateFloor), "0 to 1")
    try check(
      "divergenceWeight", divergenceWeight, (0...1000).contains(divergenceWeight), "0 to 1000")
    try check("divergenceWarmUp", divergenceWarmUp, (0...1).contains(divergenceWarmUp), "0 to 1")
    try check("freeNats", freeNats, (0...100).contains(freeNats), "0 to 100")
    try check("firstDecay", firstDecay, unit.contains(firstDecay), "0 to less than 1")
    try check("secondDecay", secondDecay, unit.contains(secondDecay), "0 to less than 1")
    try check("epsilon", epsilon, (1e-16...1).contains(epsilon), "1e-16 to 1")
    try check("weightDecay", weightDecay, (0...10).contains(weightDecay), "0 to 10")
    if let limit = gradientNormLimit {
      try check("gradientNormLimit", limit, (1e-12...1e12).contains(limit), "1e-12 to 1e12")
    }
    if let limit = gradientSpikeLimit {
      try check("gradientSpikeLimit", limit, (1...1e6).contains(limit), "1 to 1e6")
    }
    try check("averageDecay", averageDecay, unit.contains(averageDecay), "0 to less than 1")
    try checkBatch()
  }

  private func check(
    _ name: String, _ value: some Any, _ isPossible: Bool, _ range: String
  ) throws {
    guard isPossible else {
      throw TrainingDataError(
        .invalidSettings, "training with \(name) \(value) is not possible",
        remedy: "choose \(range)")
    }
  }

  /// Refuses batches whose largest layer has more numbers than kernels count in 32 bits.
  private func checkBatch() throws {
    let most = model.countablePictures
    guard evaluationBatchSize <= most else {
      throw TrainingDataError(
        .invalidSettings,
        "a batch of \(evaluationBatchSize) pictures of \(model.bands) x \(model.frames) is too "
          + "large",
        remedy: "use a smaller batch or micro-batches, at most \(most)")
    }
  }

  /// Refuses settings that cannot be trained with, and pictures the model is not made for.
  func check(against data: BreakbeatDataset) throws {
    try check()
    guard !data.trainingIndices.isEmpty else {
      throw TrainingDataError(
        .invalidSettings, "\(data.path): no training pictures", remedy: "prepare at least two")
    }
    if let difference = data.settings.firstDifference(from: model.spectrogram) {
      throw TrainingDataError(
        .invalidSettings,
        "\(data.path): \(difference.name) of its pictures is \(difference.have), of the model "
          + "\(difference.need)",
        remedy: "choose the preset that the data set was prepared for, or prepare another one")
    }
  }
}

extension BreakbeatVAE.Configuration {
  /// Pictures whose largest layer has no more numbers than kernels count in 32 bits.
  var countablePictures: Int {
    var pixels = spectrogram.pixelCount
    var largest = pixels
    for channels in channels {
      pixels /= 4
      largest = max(largest, channels * pixels)
    }
    return Int(Int32.max) / largest
  }
}
