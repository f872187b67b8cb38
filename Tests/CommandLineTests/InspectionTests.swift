import Foundation
import Testing

/// `vamen inspect --json`: numbers are numbers, lists are lists.
@Suite struct InspectionTests {
  private let folder: TrainingFolder

  init() throws { folder = try TrainingFolder() }

  /// The one object that is printed.
  private func inspected(_ arguments: String...) throws -> [String: Any] {
    let outcome = try CommandRunner.run(
      CommandRunner.program, ["inspect", "--json"] + arguments, in: folder.runner.folder)
    try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any],
      "\(outcome.output)")
  }

  @Test func aDataSet() throws {
    let set = try inspected("breaks.vamen", "--verify", "--index", "1")
    #expect(set["kind"] as? String == "data set" && set["isVerified"] as? Bool == true)
    #expect(set["items"] as? Int == 24 && set["seed"] as? Int == 1)
    #expect(set["heldOutItems"] as? Int == 5)
    let heldOut = try #require(set["heldOut"] as? [String: Any])
    #expect(heldOut["fraction"] as? Double == 0.2 && heldOut["unit"] as? String == "item")
    let fitting = try #require(set["fitting"] as? [String: String])
    #expect(fitting == ["slice": "grid", "fit": "repitch"])
    #expect(abs((set["beatsPerMinute"] as? Double ?? 0) - 146.484375) < 1e-9)
    #expect(abs((set["seconds"] as? Double ?? 0) - 0.8192) < 1e-9)
    let settings = try #require(set["settings"] as? [String: Any])
    #expect(settings["bands"] as? Int == 64 && settings["bars"] as? Double == 0.5)
    let sources = try #require(set["sources"] as? [[String: Any]])
    #expect(sources.count == 4)
    #expect((sources[0]["tempo"] as? [String: Any])?["beatsPerMinute"] is Double)
    let item = try #require(set["item"] as? [String: Any])
    let names = sources.compactMap { $0["name"] as? String }
    #expect(item["index"] as? Int == 1 && item["isHeldOut"] is Bool)
    #expect(names.contains(item["source"] as? String ?? "none"), "\(item)")
    #expect((item["text"] as? String)?.contains("|") == true)
    #expect(try inspected("breaks.vamen")["isVerified"] as? Bool == false)
  }

  @Test func whatTrainingWrites() throws {
    try #require(folder.train(steps: 4).status == 0)
    let run = try inspected("run")
    #expect(run["kind"] as? String == "run")
    let settings = try #require(run["settings"] as? [String: Any])
    #expect(settings["steps"] as? Int == 4 && settings["batchSize"] as? Int == 4)
    #expect(settings["seed"] as? Int == 3)
    #expect((run["last"] as? [String: Any])?["step"] as? Int == 4, "\(run)")

    let model = try inspected("run/checkpoints/last.safetensors")
    #expect(model["kind"] as? String == "model" && model["format"] as? String == "1")
    let provenance = try #require(model["provenance"] as? [String: Any])
    #expect(provenance["steps"] as? Int == 4 && provenance["seed"] as? Int == 3)
    #expect(provenance["data"] as? String == run["data"] as? String)
    let configuration = try #require(model["configuration"] as? [String: Any])
    #expect((configuration["spectrogram"] as? [String: Any])?["frames"] as? Int == 64)
    let directions = try #require(model["directions"] as? [[String: Any]])
    #expect(directions.count == 8 && directions[0]["share"] is Double, "\(directions)")
    let tensors = try #require(model["tensors"] as? [[String: Any]])
    let shapes = tensors.compactMap { $0["shape"] as? [Int] }
    #expect(shapes.count == tensors.count && shapes.contains([32]))
    let count = shapes.reduce(0) { $0 + $1.reduce(1, *) }
    #expect(model["numbers"] as? Int == count)
    #expect((model["metadata"] as? [String: Any])?.isEmpty == true, "\(model)")

    let state = try inspected("run/checkpoints/state-last.safetensors")
    #expect(state["kind"] as? String == "training state" && state["step"] as? Int == 4)
    let text = try folder.runner.vamen("inspect", "run/checkpoints/last.safetensors")
    #expect(text.output.contains("model, format 1"), "\(text.output)")
  }
}
