import BreakbeatTraining

/// A folder to write results to, made if it is not there.
struct OutputFolder {
  private let folder: String

  /// Makes the folder.
  ///
  /// - Throws: `TrainingDataError` when it cannot be made or written to.
  init(_ path: String) throws {
    folder = path
    try makeFolder(path)
  }

  /// The path of a file in it.
  func path(_ name: String) -> String { folder + "/" + name }
}
