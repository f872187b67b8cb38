import SpectralAudio

/// What comes back of held-out loops, through the model and without it.
struct ReturnedLoops {
  var model, withoutModel: EvaluationCard.Reconstruction
  /// The loops without the model.
  var trip: MeasuredLoops
  var use: LatentUse
}

extension Evaluation {
  /// Sends held-out pictures through the model and through sound; both sounds become pictures again
  /// and are compared with the originals.
  func returns(
    of items: [Int], through model: EvaluatedModel, progress: (Int) -> Void
  ) throws -> ReturnedLoops {
    let analyzer = try SpectrogramAnalyzer(settings: settings)
    var trip = MeasuredLoops()
    var (means, variances): ([[Float]], [[Float]]) = ([], [])
    var (through, without) = (Sums(), Sums())
    var done = 0
    for batch in batches(items, of: model.batchSize) {
      let pictures = try batch.map { try data.readPixels(of: $0) }
      for (original, result) in zip(pictures, try model.reconstruct(pictures)) {
        means.append(result.mean)
        variances.append(result.variance)
        through.squaredErrors.append(
          zip(result.picture, original).reduce(0) {
            $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
          } / Double(original.count))
        through.add(
          PictureComparison(
            of: analyzer.image(of: result.sound.samples), with: original, settings),
          OnGrid(of: result.sound, settings))
      }
      for (original, sound) in zip(pictures, try model.sounds(of: pictures)) {
        let picture = analyzer.image(of: sound.samples)
        trip.add(picture: picture, sound: sound, settings)
        without.add(
          PictureComparison(of: picture, with: original, settings), OnGrid(of: sound, settings))
      }
      done += batch.count
      progress(done)
    }
    guard (means + variances).allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw TrainingDataError(
        .diverged, "\(path): latents of held-out pictures are not numbers",
        remedy: "evaluate an earlier checkpoint")
    }
    return ReturnedLoops(
      model: through.reconstruction("reconstructed"),
      withoutModel: without.reconstruction("round trip, no model"), trip: trip,
      use: LatentUse(means: means, variances: variances))
  }

  private struct Sums {
    var squaredErrors: [Double] = []
    var comparisons: [PictureComparison] = []
    var onGrid: [OnGrid] = []

    mutating func add(_ comparison: PictureComparison, _ grid: OnGrid) {
      comparisons.append(comparison)
      onGrid.append(grid)
    }

    func reconstruction(_ name: String) -> EvaluationCard.Reconstruction {
      let mean = { (values: [Double]) in values.reduce(0, +) / Double(max(1, values.count)) }
      return EvaluationCard.Reconstruction(
        name: name, count: comparisons.count,
        squaredError: squaredErrors.isEmpty ? nil : mean(squaredErrors),
        spectralConvergence: mean(comparisons.map(\.spectralConvergence)),
        logMagnitudeDistance: mean(comparisons.map(\.logMagnitudeDistance)),
        onGrid: OnGrid.fraction(of: onGrid))
    }
  }
}
