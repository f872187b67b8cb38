package import Tensors
internal import VulkanCompute

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// `tiles.json`: the tiles that a run's programs were compiled with. Other tiles add up in another
/// order; a resumed run takes those it was started with, whatever has been tuned meanwhile, so that
/// its bits are those of a run that was never interrupted.
extension RunFolder {
  private var tiles: String { path + "/tiles.json" }

  private struct Choice: Codable {
    var problem: ProductProblem
    var tile: ProductTile
  }

  /// Records the choices in force; no file where there are none, nor one of an earlier start that was
  /// killed before there was a run.
  func writeTiles(of backend: (any Backend)?) throws {
    guard let choices = (backend as? VulkanBackend)?.tileChoices, !choices.problems.isEmpty else {
      return try removeTiles()
    }
    let list = choices.problems.sorted { "\($0)" < "\($1)" }.compactMap { problem in
      choices[problem].map { Choice(problem: problem, tile: $0) }
    }
    try writeJSON(list, to: tiles)
  }

  private func removeTiles() throws {
    guard FileManager.default.fileExists(atPath: tiles) else { return }
    do {
      try FileManager.default.removeItem(atPath: tiles)
    } catch {
      throw TrainingDataError(
        .unwritable, "\(tiles) of an earlier start cannot be removed: \(error)",
        remedy: "remove it, or choose another --out")
    }
  }

  /// Whether a file is one that a run wrote.
  static func holdsTiles(_ path: String) -> Bool {
    guard let bytes = FileManager.default.contents(atPath: path) else { return false }
    return (try? JSONDecoder().decode([Choice].self, from: bytes)) != nil
  }

  /// The choices that the run was started with; none where nothing was tuned then.
  ///
  /// - Throws: ``TrainingDataError`` for a damaged file, also for tiles that suit no device: going on
  ///   by other tiles would give another run.
  func readTiles() throws -> TileChoices {
    var choices = TileChoices()
    guard let bytes = FileManager.default.contents(atPath: tiles) else { return choices }
    guard let list = try? JSONDecoder().decode([Choice].self, from: bytes),
      list.allSatisfy({ $0.tile.suits($0.problem, on: .largest) })
    else {
      throw TrainingDataError(
        .runFolder, "\(tiles) is damaged",
        remedy: "remove it to go on with untuned kernels, whose rounding differs a little")
    }
    for choice in list { choices[choice.problem] = choice.tile }
    return choices
  }

  /// What to say of tiles that the device which a run goes on on cannot take, as it may be of one
  /// that has more; `nil` where there are none.
  ///
  /// - Throws: ``TrainingDataError`` for a damaged file.
  package func unsuitableTiles(on backend: any Backend) throws -> String? {
    guard let vulkan = backend as? VulkanBackend else { return nil }
    let choices = try readTiles()
    let count = choices.unsuitable(on: TileTarget(vulkan.device)).count
    guard count > 0 else { return nil }
    return "For \(count) of \(choices.problems.count) products tiles.json has a tile that does not "
      + "suit \(backend.name): they take the usual kernels, whose rounding differs a little"
  }
}
