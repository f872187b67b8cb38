extension BreakbeatDataset {
  /// The randomizer that made the items, from the sources where they were.
  ///
  ///     let loop = try breaks.randomizer().loop(at: 12)
  ///
  /// - Throws: ``TrainingDataError`` if a source is no longer there or has changed.
  public func randomizer() throws(TrainingDataError) -> LoopRandomizer {
    try LoopRandomizer(
      breaks(), settings: settings, recipe: recipe, fitting: fitting, seed: seed)
  }

  /// The breaks it was made from, from where they were.
  ///
  /// - Throws: ``TrainingDataError`` if one is no longer there or has changed, or the items were made
  ///   by another version of the randomizer.
  public func breaks() throws(TrainingDataError) -> [BreakSource] {
    guard header.revision == DatasetHeader.currentRevision else {
      throw TrainingDataError(
        .newerFormat, "\(path): its items were made by another version of the randomizer",
        remedy: "use the version that made it, or prepare the data set again")
    }
    var breaks: [BreakSource] = []
    for source in sources { breaks.append(try Self.load(source)) }
    return breaks
  }

  private static func load(_ source: DatasetSource) throws(TrainingDataError) -> BreakSource {
    var found: BreakSource?
    if let path = source.path {
      found = try BreakSource(contentsOf: path, tempo: source.tempo)
      found?.release()
    } else {
      found = BreakSource.syntheticBreaks().first { $0.name == source.name }
    }
    guard let found, found.digest == source.digest else {
      throw TrainingDataError(
        .missing,
        "\(source.path ?? source.name): not the sound this data set was made from",
        remedy: "put the original file back, or prepare the data set again")
    }
    return found
  }
}
