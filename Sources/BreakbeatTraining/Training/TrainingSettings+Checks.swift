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
      peak: learningRate, warmUp: min(warmUpSteps, max(1, steps / 10)), total: steps, floor: 0.05
    ).value(at: step)
  }

  /// Refuses settings that cannot be trained with; settings that pass cannot overflow any size.
  func check() throws {
    try model.validate()
    guard (1...1_000_000_000).contains(steps), (1...4096).contains(batchSize),
      learningRate.isFinite, learningRate > 0, learningRate < 1,
      divergenceWeight.isFinite, divergenceWeight >= 0, (0...1).contains(divergenceWarmUp),
      (0...1_000_000_000).contains(warmUpSteps),
      weightDecay.isFinite, weightDecay >= 0
    else {
      throw TrainingDataError(
        .invalidSettings,
        "training with \(steps) steps, batches of \(batchSize), learning rate \(learningRate), "
          + "KL weight \(divergenceWeight), weight decay \(weightDecay) is not possible",
        remedy: "choose steps and batch size of at least 1 and a learning rate between 0 and 1")
    }
    if let microBatchSize, !(1...4096).contains(microBatchSize) {
      throw TrainingDataError(
        .invalidSettings, "micro-batches of \(microBatchSize) pictures are not possible",
        remedy: "choose at least 1")
    }
    try checkBatch()
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
