internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Numbered files of a run folder, and what killed processes leave in it.
extension RunFolder {
  private var checkpoints: String { path + "/checkpoints" }
  private var previews: String { path + "/previews" }

  /// `step-000500` for step 500.
  static func name(ofStep step: Int) -> String {
    let digits = "\(step)"
    return "step-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private static func step(_ name: Substring) -> Int? {
    guard name.hasPrefix("step-") else { return nil }
    return Int(name.dropFirst(5)).flatMap { $0 > 0 && self.name(ofStep: $0) == name ? $0 : nil }
  }

  /// The model of a step's checkpoint.
  func model(ofStep step: Int) -> String {
    "\(checkpoints)/\(Self.name(ofStep: step)).safetensors"
  }

  /// The folder of a step's preview.
  package func preview(ofStep step: Int) -> String { "\(previews)/\(Self.name(ofStep: step))" }

  /// The held-out loss of the best model, if it is of a step up to one.
  func bestLoss(upTo last: Int) -> Double? {
    guard let metadata = try? SafetensorsFile(contentsOf: bestModel).metadata,
      let step = metadata["vamen.provenance.steps"].flatMap({ Int($0) }), step <= last
    else { return nil }
    return metadata["vamen.provenance.heldOutLoss"].flatMap(Double.init)
  }

  /// The step that the last model is of; `nil` where there is none.
  var stepOfLastModel: Int? {
    let metadata = try? SafetensorsFile(contentsOf: lastModel).metadata
    return metadata?["vamen.provenance.steps"].flatMap { Int($0) }
  }

  /// Removes models of steps but the last few.
  func removeModels(keeping count: Int) {
    let suffix = ".safetensors"
    let steps = names(in: checkpoints).filter { $0.hasSuffix(suffix) }
      .compactMap { Self.step($0.dropLast(suffix.count)) }.sorted()
    for step in steps.dropLast(count) {
      try? FileManager.default.removeItem(atPath: model(ofStep: step))
    }
  }

  /// Steps with a whole preview, up to one, ascending.
  func previewSteps(upTo last: Int) -> [Int] {
    names(in: previews).compactMap { Self.step($0[...]) }
      .filter { $0 <= last && hasPreview(ofStep: $0) }.sorted()
  }

  /// Whether a step's preview was written to its end: the grid comes last.
  func hasPreview(ofStep step: Int) -> Bool {
    FileManager.default.fileExists(atPath: preview(ofStep: step) + "/grid.png")
  }

  /// Refuses a folder without a run that has files which a new run would replace. Tiles and empty
  /// folders are what a start leaves that was killed before it recorded its settings.
  ///
  /// - Throws: ``TrainingDataError`` that names such a file.
  public static func refuseFilesWithoutRun(in path: String) throws {
    let isThere = FileManager.default.fileExists(atPath:)
    guard !isThere(path + "/config.json") else { return }
    var found = ["environment.json", "metrics.csv", "metrics.jsonl", "index.html"]
      .map { "\(path)/\($0)" }.filter(isThere)
    let tiles = path + "/tiles.json"
    if isThere(tiles) && !holdsTiles(tiles) { found.append(tiles) }
    for folder in ["checkpoints", "previews", EventFiles.folder].map({ "\(path)/\($0)" }) {
      found += entries(of: folder).sorted().prefix(1).map { "\(folder)/\($0)" }
    }
    guard let file = found.first else { return }
    throw TrainingDataError(
      .runFolder, "\(path) holds no run (there is no config.json), but \(file) is there already",
      remedy: "choose another --out, or move away what is there")
  }

  /// Something that only a run which has done steps leaves, by name; `nil` where there is nothing.
  var traceOfSteps: String? {
    if let name = MetricsLog.fileWithRows(in: path) { return name }
    let state = lastState.split(separator: "/").last.map { String($0) }
    for name in names(in: checkpoints).sorted()
    where name.hasSuffix(".safetensors") && name != state {
      return "\(checkpoints)/\(name)"
    }
    return previewSteps(upTo: .max).first.map(preview(ofStep:))
  }

  /// Removes what a process was writing when it was killed; only the owner of the lock may.
  func removePartialFiles() {
    var folders = [path, checkpoints, previews, path + "/" + EventFiles.folder]
    folders += names(in: previews).map { "\(previews)/\($0)" }
    for folder in folders {
      for name in names(in: folder) where name.hasPrefix(".") && name.hasSuffix(".partial") {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    }
  }

  /// An error of a file that could not be written, with how to go on where there is a run to go on
  /// with; any other error as it is.
  static func explained(_ error: any Error, in path: String) -> any Error {
    guard let error = error as? TensorError, error.code == .cannotWrite,
      FileManager.default.fileExists(atPath: path + "/config.json")
    else { return error }
    return TrainingDataError(.unwritable, error.message, remedy: "then go on with --resume")
  }

  private func names(in folder: String) -> [String] { Self.entries(of: folder) }

  private static func entries(of folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}
