import BreakbeatTraining
import Foundation

/// A folder to write results to, made if it is not there.
struct OutputFolder {
  private let folder: String

  /// Makes the folder.
  ///
  /// - Throws: `TrainingDataError` when it cannot be made or written to.
  init(_ path: String) throws {
    folder = path
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw TrainingDataError(
        .unwritable, "the folder \(path) cannot be made: \(error.localizedDescription)",
        remedy: "choose another --out")
    }
    guard FileManager.default.isWritableFile(atPath: path) else {
      throw TrainingDataError(
        .unwritable, "the folder \(path) cannot be written to", remedy: "choose another --out")
    }
  }

  /// The path of a file in it.
  func path(_ name: String) -> String { folder + "/" + name }
}
