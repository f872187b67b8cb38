internal import Breakbeats
internal import SpectralAudio

extension Trainer {
  /// What the latents of the model as it is now do: how far training pictures spread, in which
  /// directions most, and what those change in a loop.
  ///
  /// - Parameters:
  ///   - means: The encoder's means of training pictures.
  ///   - variances: Its variances of the same.
  ///
  /// **Cost** sixteen reconstructions of eight pictures; once per trainer 256 pictures are measured.
  func latentDescription(
    means: [[Float]], variances: [[Float]]
  ) throws -> LatentDescription {
    let survey =
      try survey
      ?? LatentSurvey(
        of: evenlySpread(256, of: data.trainingIndices).map { try data.readPixels(of: $0) },
        settings: data.settings)
    self.survey = survey
    let items = evenlySpread(LatentSurvey.pictureCount, of: data.trainingIndices)
    return try survey.description(means: means, variances: variances) { shift in
      try reconstructions(of: items, shift: shift)
    }
  }

  private func reconstructions(of items: [Int], shift: [Float]) throws -> [[Float]] {
    let length = data.settings.pixelCount
    var pictures = [Float](repeating: 0, count: settings.evaluationBatchSize * length)
    return try batches(of: items).flatMap { batch in
      try data.readPixels(of: batch, into: &pictures)
      let levels = try program.reconstructions(of: pictures, shift: shift)
      return batch.indices.map { Array(levels[$0 * length..<($0 + 1) * length]) }
    }
  }
}
