extension BreakbeatDataset {
  /// The randomizer that made the items, from the sources where they were.
  ///
  ///     let loop = try breaks.randomizer().loop(at: 12)
  ///
  /// - Throws: ``TrainingDataError`` if a source is no longer there or has changed.
  public func randomizer() throws(TrainingDataError) -> LoopRandomizer {
    var breaks: [BreakSource] = []
    for source in sources { breaks.append(try Self.load(source)) }
    return try LoopRandomizer(breaks, settings: settings, recipe: recipe, seed: seed)
  }

  private static func load(_ source: DatasetSource) throws(TrainingDataError) -> BreakSource {
    let found: BreakSource
    if let path = source.path {
      let tempo = source.tempo
      let isGiven = tempo.origin != .duration
      found = try BreakSource(
        contentsOf: path, bars: tempo.bars, beatsPerMinute: isGiven ? tempo.beatsPerMinute : nil)
    } else {
      found = .synthetic()
    }
    guard found.digest == source.digest else {
      throw TrainingDataError(
        .missing, "\(source.path ?? source.name): not the file this data set was made from",
        remedy: "put the original file back, or prepare the data set again")
    }
    return found
  }
}
