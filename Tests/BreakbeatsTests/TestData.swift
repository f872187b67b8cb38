import BreakbeatTraining
import Breakbeats
import Foundation

/// Data sets for tests.
enum TestData {
  /// A small data set of the synthetic drummer.
  static func pictures(
    _ preset: BreakbeatVAE.Preset, count: Int
  ) async throws -> BreakbeatDataset {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "trainer-\(UUID().uuidString).vamen").path
    let preparation = DatasetPreparation(
      settings: preset.configuration.spectrogram, count: count, seed: 1, heldOutFraction: 0.1)
    try await preparation.write([.synthetic()], to: path)
    let data = try BreakbeatDataset(contentsOf: path)
    // The file stays mapped; its name is no longer needed.
    try FileManager.default.removeItem(atPath: path)
    return data
  }
}
