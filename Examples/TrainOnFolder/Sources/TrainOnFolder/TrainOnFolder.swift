import BreakbeatTraining
import Breakbeats
import Foundation

@main
struct TrainOnFolder {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      print("usage: TrainOnFolder FOLDER-OF-BREAKS MODEL.safetensors")
      return
    }
    let collection = try BreakCollection(contentsOf: [arguments[1]])
    for skipped in collection.skipped { print("Skipped \(skipped.path): \(skipped.reason)") }

    let data = arguments[2] + ".vamen"
    let preparation = DatasetPreparation(
      settings: BreakbeatVAE.Preset.tiny.configuration.spectrogram, count: 200, seed: 1)
    try await preparation.write(collection.breaks, to: data)

    let trainer = try Trainer(.tiny, data: BreakbeatDataset(contentsOf: data), seed: 1)
    print("Device: \(trainer.device)")
    for try await report in trainer.epochs(10) where report.step % 10 == 0 { print(report) }
    try await trainer.writeModel(to: arguments[2])
    print("Wrote \(arguments[2])")
  }
}
