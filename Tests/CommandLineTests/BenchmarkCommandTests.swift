import Foundation
import Testing

/// `benchmark`, `tune` and `train --micro-batch`, with the `tiny` preset on the CPU.
@Suite struct BenchmarkCommandTests {
  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func everyModeIsMeasured() throws {
    let outcome = try CommandRunner().vamen(
      "benchmark", "--preset", "tiny", "--batch-size", "4", "--micro-batch", "3", "--runs", "2",
      "--mode", "all", "--device", "cpu", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = try objects(outcome.output)
    #expect(lines[0]["arithmetic"] as? Double ?? 0 > 1e8)
    #expect(lines[0]["bandwidth"] as? Double ?? 0 > 1e8)
    let all = lines.filter { $0["mode"] != nil }
    #expect(all.compactMap { $0["mode"] as? String } == ["train", "run", "decode", "sound"])
    let results = all.filter { $0["mode"] as? String != "run" }
    #expect(all.map { $0["precision"] as? String } == ["float32", "float32", nil, nil])
    #expect(all[1]["isPlain"] as? Bool == false && all[1]["microBatchSize"] as? Int == 2)
    let seconds = ["deviceSeconds", "rowSeconds"].map { all[1][$0] as? Double ?? 0 }
    #expect(seconds.allSatisfy { $0 > 0 }, "\(all[1])")
    // On a busy machine the last part may have taken longer than the mean.
    #expect(all[1]["hostSeconds"] as? Double ?? -1 >= 0, "\(all[1])")
    #expect((0..<1).contains(all[1]["hostShare"] as? Double ?? -1))
    #expect(results[0]["microBatchSize"] as? Int == 2, "two even parts")
    for result in results {
      let (best, middle) = (result["bestSeconds"] as? Double, result["medianSeconds"] as? Double)
      #expect(best ?? 0 > 0 && best ?? 0 <= middle ?? 0)
      let operations = try #require(result["operations"] as? [[String: Any]])
      let shares = operations.reduce(0) { $0 + ($1["share"] as? Double ?? 0) }
      #expect(abs(shares - 1) < 1e-6, "\(shares)")
      let replay = try #require(result["replay"] as? [String: Any])
      #expect((0...1).contains(replay["share"] as? Double ?? -1))
    }
    // Four convolutions down, two of the latents, four up; three ways each.
    let layers = lines.filter { $0["layer"] != nil }
    #expect(layers.count == 3 * (4 + 2 + 4))
    #expect(layers.allSatisfy { $0["gigaflops"] as? Double ?? 0 > 0 }, "\(layers)")
  }

  /// The default is the step of `vamen train`; without averages, a copy of all parameters is less.
  @Test func plainStepsHaveNoAverages() throws {
    let runner = try CommandRunner()
    let bytes = try [[], ["--plain"]].map { more in
      let outcome = try CommandRunner.run(
        CommandRunner.program,
        [
          "benchmark", "--preset", "tiny", "--batch-size", "1", "--runs", "1", "--device", "cpu",
          "--json",
        ] + more, in: runner.folder)
      return try #require(try objects(outcome.output)[1]["variableByteCount"] as? Int)
    }
    #expect(bytes[0] * 3 == bytes[1] * 4, "\(bytes)")
  }

  @Test func mixedStepsSayWhatTheySpare() throws {
    let runner = try CommandRunner()
    let measure = { (more: [String]) in
      try CommandRunner.run(
        CommandRunner.program,
        [
          "benchmark", "--preset", "tiny", "--batch-size", "2", "--runs", "1", "--device", "cpu",
          "--precision", "mixed",
        ] + more, in: runner.folder)
    }
    for mode in ["train", "run"] {
      let outcome = try measure(["--mode", mode])
      #expect(outcome.output.contains(", mixed precision"), "\(outcome.errors)")
      #expect(outcome.output.contains("feature maps in 16 bits") == (mode == "train"))
      let result = try objects(try measure(["--mode", mode, "--json"]).output)[1]
      #expect(result["precision"] as? String == "mixed")
    }
    let sound = try measure(["--mode", "sound"])
    #expect(sound.status == 2 && sound.errors.contains("--mode sound"), "\(sound.errors)")
  }

  @Test func theCPUHasNothingToTune() throws {
    let outcome = try CommandRunner().vamen("tune", "--preset", "tiny", "--device", "cpu")
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty && outcome.errors.contains("Nothing to tune"))
  }

  @Test(arguments: [
    ["benchmark", "--runs", "0"], ["benchmark", "--micro-batch", "0"],
    ["tune", "--batch-size", "0"], ["kernels", "--batch-size", "0"],
    ["kernels", "--batch-size", "4097"], ["kernels", "--batch-size", "9223372036854775807"],
    ["tune", "--time-limit", "-1"], ["train", "d.vamen", "--out", "r", "--micro-batch", "some"],
  ])
  func impossibleNumbersAreWrongUsage(_ arguments: [String]) throws {
    let runner = try CommandRunner()
    let outcome = try CommandRunner.run(CommandRunner.program, arguments, in: runner.folder)
    #expect(outcome.status == 2, "\(outcome.errors)")
  }

  @Test func aRunKeepsItsPartsUnlessToldOtherwise() throws {
    let runner = try CommandRunner()
    let train = { (steps: Int, more: [String]) in
      try CommandRunner.run(
        CommandRunner.program,
        [
          "train", "breaks.vamen", "--out", "run", "--preset", "tiny", "--steps", "\(steps)",
          "--batch-size", "8", "--preview-every", "0", "--device", "cpu",
        ] + more, in: runner.folder)
    }
    let size = {
      let data = try Data(contentsOf: runner.folder.appending(path: "run/config.json"))
      let record = try JSONSerialization.jsonObject(with: data) as? [String: Any]
      return (record?["settings"] as? [String: Any])?["microBatchSize"] as? Int
    }
    let preparation = try runner.vamen(
      "prepare", "--synthetic", "--out", "breaks.vamen", "--preset", "tiny", "--count", "20",
      "--seed", "1")
    try #require(preparation.status == 0)
    #expect(try train(1, ["--seed", "3", "--micro-batch", "3"]).status == 0)
    #expect(try size() == 3)
    #expect(try train(2, ["--resume"]).status == 0)
    #expect(try size() == 3)
    let auto = try train(3, ["--resume", "--micro-batch", "auto"])
    // Planned again, a run would round differently from here on.
    #expect(auto.status == 0 && auto.errors.contains("kept as the run was started, 3 at a time"))
    #expect(try size() == 3)
    #expect(try train(4, ["--resume", "--micro-batch", "off"]).status == 0)
    #expect(try size() == nil)
  }
}
