public import Tensors

extension TrainingRun {
  /// A trainer that is where a new run would begin, to ask what the run will take; nothing is
  /// written.
  ///
  /// - Parameters: As for ``init(_:data:folder:resuming:choice:cadence:reopen:prepared:)``; no folder
  ///   where it is not known yet.
  /// - Throws: ``TrainingDataError`` where the device would refuse the run, or the folder holds one, or
  ///   files that it would replace.
  public static func trainer(
    starting settings: TrainingSettings, data: BreakbeatDataset, folder path: String? = nil,
    choice: BackendChoice
  ) throws -> Trainer {
    if let path { try RunFolder.checkIsFree(path) }
    let trainer = try Trainer(settings, data: data, choice: choice)
    try RunPreview.checkRoom(for: settings.model, on: choice.backend)
    return trainer
  }
}
