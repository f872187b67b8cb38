import Foundation
import Testing

/// `--config`, `--print-config`, `--dry-run` and what may change when a run goes on.
@Suite struct TrainingConfigurationTests {
  @Test func whatIsPrintedIsReadBack() throws {
    let folder = try TrainingFolder()
    let printed = try folder.runner.vamen(
      "train", "breaks.vamen", "--print-config", "--preset", "tiny", "--steps", "6",
      "--batch-size", "4", "--emphasis", "sample", "--free-nats", "0.05", "--clip-norm", "2",
      "--weight-decay", "0.01", "--average-decay", "0.9", "--checkpoint-every", "3",
      "--log-every", "2", "--seed", "18446744073709551615")
    #expect(printed.status == 0, "\(printed.errors)")
    try folder.runner.write(Array(printed.output.utf8), to: "settings.json")
    let again = try folder.runner.vamen(
      "train", "breaks.vamen", "--print-config", "--config", "settings.json")
    #expect(again.output == printed.output, "\(again.errors)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(printed.output.utf8)) as? [String: Any])
    #expect(json["divergenceWeight"] as? Double == 30.0 / 4096)
    #expect(json["gradientNormLimit"] as? Double == 2)
    #expect(json["seed"] as? String == "18446744073709551615")
    #expect((json["model"] as? [String: Any])?["latentSize"] as? Int == 8)

    let byFile = try folder.runner.vamen(
      "train", "breaks.vamen", "--config", "settings.json", "--out", "a", "--device", "cpu")
    #expect(byFile.status == 0, "\(byFile.errors)")
    // Rows of steps 1, 2, 4 and 6, and of the checkpoint at 3.
    let rows = folder.text("a/metrics.csv").split(separator: "\n").dropFirst()
    #expect(rows.compactMap { Int($0.split(separator: ",")[0]) } == [1, 2, 3, 4, 6])
    // An option replaces the file's setting.
    let other = try folder.runner.vamen(
      "train", "breaks.vamen", "--print-config", "--config", "settings.json", "--free-nats", "0")
    #expect(other.output.contains("\"freeNats\": 0.0"), "\(other.output)")
  }

  @Test func defaultsArePrintedWithoutADataSet() throws {
    let runner = try CommandRunner()
    let printed = try runner.vamen("train", "--print-config")
    #expect(printed.status == 0 && printed.output.contains("\"epochs\": 100"), "\(printed)")
    try runner.write(Array(printed.output.utf8), to: "full.json")
    let again = try runner.vamen("train", "--print-config", "--config", "full.json")
    #expect(again.output == printed.output, "\(again.errors)")
  }

  @Test(arguments: [
    ("{\"lerningRate\": 0.1}", "nearest is \"learningRate\""),
    ("{\"model\": {\"latentsize\": 4}}", "nearest is \"model.latentSize\""),
    ("{\"learningRate\": \"fast\"}", "learningRate is \"fast\", not a number"),
    ("{\"batchSize\": 8.5}", "batchSize is 8.5, not a whole number"),
    ("{\"learningRate\": 2}", "learningRate 2.0 is not possible"),
    ("{\"learningRate\": 1e999}", "JSON at byte"),
    ("{\"averageDecay\": 1}", "averageDecay 1.0 is not possible"),
    ("{\"seed\": -1}", "seed is -1"),
    ("{\"seed\": 1, \"seed\": 2}", "twice"),
    ("{\"model.groups\": 8, \"model\": {\"groups\": 8}}", "names model.groups twice"),
    ("{\"model\": {\"channels\": [16, \"x\"]}}", "model.channels is [16, \"x\"]"),
    ("{\"model\": {\"channels\": [16, 20, 64, 64]}}", "20 channels"),
    (
      "{\"preset\": \"tiny\", \"model\": {\"spectrogram\": {\"hop\": 64}}}", "model.spectrogram.hop"
    ),
    ("{\"steps\": 5, \"epochs\": 5}", "both steps and epochs"),
    ("{\"checkpointEvery\": 0}", "checkpointEvery 0"),
    ("{\"precision\": \"half\"}", "precision is \"half\""),
    ("{\"preset\": \"huge\"}", "preset is \"huge\""),
    ("{\"preset\": \"demo\"}", "--preset tiny"),
    (
      "{\"microBatchSize\": \"some\"}",
      "microBatchSize is \"some\", not a whole number, \"auto\" or null"
    ), ("{\"microBatchSize\": 0}", "microBatchSize 0 is not possible"),
    ("{\"learningRate\": {}}", "learningRate is {}, not a number"),
    ("{\"steps\": {}}", "steps is {}, not a whole number or null"),
    ("{\"bogus\": {}}", "no setting called \"bogus\""),
    ("{\"model\": {\"bogus\": {}}}", "no setting called \"model.bogus\""),
    ("{\"\": {}}", "no setting called \"\""),
    ("[1]", "no JSON object"), ("{\"a\":", "JSON at byte"), ("", "JSON at byte"),
    (String(repeating: "{\"a\":", count: 3000), "nested deeper"),
    ("{\"\u{1B}[2J\": 1}", "control character"),
  ])
  func aWrongConfigurationIsRefused(_ json: String, _ reason: String) throws {
    let folder = try TrainingFolder()
    try folder.runner.write(Array(json.utf8), to: "settings.json")
    let outcome = try folder.runner.vamen(
      "train", "breaks.vamen", "--out", "run", "--config", "settings.json", "--device", "cpu")
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(outcome.errors.utf8.count < 1000)
    #expect(folder.runner.names() == ["breaks.vamen", "settings.json"])
  }

  /// Objects of settings may be empty; a level that is measured is not taken from a file.
  @Test func whatADataSetDecidesIsSaid() throws {
    let folder = try TrainingFolder()
    for (json, isSaid) in [
      ("{\"preset\": \"tiny\", \"model\": {\"spectrogram\": {}}}", false),
      ("{\"preset\": \"tiny\", \"model\": {\"spectrogram\": {\"referenceLevel\": 1}}}", true),
    ] {
      try folder.runner.write(Array(json.utf8), to: "settings.json")
      let outcome = try folder.runner.vamen(
        "train", "breaks.vamen", "--print-config", "--config", "settings.json")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let note = "model.spectrogram.referenceLevel 1.0 of the configuration is not used"
      #expect(outcome.errors.contains(note) == isSaid, "\(outcome.errors)")
      #expect(!outcome.output.contains("\"referenceLevel\": 1.0"), "\(outcome.output)")
    }
  }

  /// What was asked for is printed, read back as it was, and replaced by another option.
  @Test(arguments: [("4", "4"), ("auto", "\"auto\""), ("off", "null")])
  func theMicroBatchIsPrinted(_ option: String, _ value: String) throws {
    let runner = try CommandRunner()
    let printed = try runner.vamen(
      "train", "--print-config", "--preset", "tiny", "--micro-batch", option)
    #expect(printed.output.contains("\"microBatchSize\": \(value),"), "\(printed)")
    try runner.write(Array(printed.output.utf8), to: "settings.json")
    let again = try runner.vamen("train", "--print-config", "--config", "settings.json")
    #expect(again.output == printed.output, "\(again.errors)")
    for (other, text) in [("2", "2"), ("auto", "\"auto\""), ("off", "null")] {
      let outcome = try runner.vamen(
        "train", "--print-config", "--config", "settings.json", "--micro-batch", other)
      #expect(outcome.output.contains("\"microBatchSize\": \(text),"), "\(outcome)")
    }
  }

  /// Its seed is null, and that of the run is drawn: the same command goes on with it.
  @Test func aPrintedConfigurationGoesOnWithTheSeedThatWasDrawn() throws {
    let folder = try TrainingFolder()
    let printed = try folder.runner.vamen(
      "train", "--print-config", "--preset", "tiny", "--batch-size", "4", "--preview-every", "0")
    #expect(printed.output.contains("\"seed\": null"), "\(printed)")
    try folder.runner.write(Array(printed.output.utf8), to: "settings.json")
    let train = { (steps: Int, more: [String]) in
      try CommandRunner.run(
        CommandRunner.program,
        [
          "train", "breaks.vamen", "--out", "run", "--config", "settings.json", "--steps",
          "\(steps)", "--device", "cpu",
        ] + more, in: folder.runner.folder)
    }
    try #require(train(2, []).status == 0)
    let outcome = try train(4, ["--resume"])
    #expect(outcome.status == 0 && folder.steps == [1, 2, 3, 4], "\(outcome.errors)")
  }

  /// A batch that is too large for memory as a whole may be taken in parts that an option gives.
  @Test func optionsCountBeforeAFileIsRefused() throws {
    let runner = try CommandRunner()
    try runner.write(Array("{\"preset\": \"full\", \"batchSize\": 2048}".utf8), to: "c.json")
    let whole = try runner.vamen("train", "--print-config", "--config", "c.json")
    #expect(whole.status == 1 && whole.errors.contains("too large"), "\(whole.errors)")
    for parts in ["8", "auto"] {
      let outcome = try runner.vamen(
        "train", "--print-config", "--config", "c.json", "--micro-batch", parts)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  @Test func aDryRunRefusesAFolderThatARunWouldRefuse() throws {
    let folder = try TrainingFolder()
    try FileManager.default.createDirectory(
      at: folder.runner.folder.appending(path: "other"), withIntermediateDirectories: true)
    try folder.runner.write(Array("mine".utf8), to: "other/metrics.csv")
    for more in [["--dry-run"], []] {
      let outcome = try CommandRunner.run(
        CommandRunner.program,
        ["train", "breaks.vamen", "--out", "other", "--preset", "tiny", "--device", "cpu"] + more,
        in: folder.runner.folder)
      #expect(outcome.status == 1 && outcome.errors.contains("metrics.csv is there already"))
    }
  }

  @Test func aFileMayAskForAsManyPicturesAsFit() throws {
    let folder = try TrainingFolder()
    try folder.runner.write(Array("{\"microBatchSize\": \"auto\"}".utf8), to: "auto.json")
    let fitting = try folder.train(steps: 1, "--config", "auto.json", "--dry-run")
    #expect(fitting.status == 0, "\(fitting.errors)")
    #expect(fitting.errors.contains("Micro-batch: the whole batch of 4 fits"), "\(fitting.errors)")
    let two = try folder.train(
      steps: 1, "--config", "auto.json", "--micro-batch", "2", "--dry-run")
    #expect(two.status == 0 && !two.errors.contains("Micro-batch:"), "\(two.errors)")
    // More than kernels can count at a time, which parts do not have to.
    let large = try folder.runner.vamen(
      "train", "--print-config", "--config", "auto.json", "--batch-size", "4096")
    #expect(large.status == 0, "\(large.errors)")
  }

  /// What follows from a preset follows from the one that is asked for; what a file names stays.
  @Test func aPresetThatIsAskedForReplacesTheFiles() throws {
    let runner = try CommandRunner()
    let full = try runner.vamen("train", "--print-config", "--preset", "full")
    #expect(full.output.contains("\"batchSize\": 8,"), "\(full)")
    for (json, batchSize) in [
      ("{\"preset\": \"tiny\"}", 8),
      ("{\"preset\": \"tiny\", \"model\": {\"channels\": [16, 32, 64, 64]}}", 8),
      ("{\"preset\": \"tiny\", \"batchSize\": 12}", 12),
    ] {
      try runner.write(Array(json.utf8), to: "settings.json")
      let both = try runner.vamen(
        "train", "--print-config", "--preset", "full", "--config", "settings.json")
      let expected = full.output.replacing(
        "\"batchSize\": 8,", with: "\"batchSize\": \(batchSize),")
      #expect(both.output == expected, "\(json): \(both)")
    }
    try runner.write(Array("{\"preset\": \"huge\"}".utf8), to: "settings.json")
    let wrong = try runner.vamen(
      "train", "--print-config", "--preset", "full", "--config", "settings.json")
    #expect(wrong.status == 1 && wrong.errors.contains("preset is \"huge\""), "\(wrong)")
  }

  @Test func aDryRunWritesNothing() throws {
    let folder = try TrainingFolder()
    let outcome = try folder.train(steps: 100, "--dry-run")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("MiB") && outcome.errors.contains("an epoch of 5 steps"))
    #expect(folder.runner.names() == ["breaks.vamen"])
    let json = try folder.train(steps: 100, "--dry-run", "--json")
    struct Line: Decodable {
      struct Plan: Decodable {
        var memoryByteCount: Int
        var secondsPerStep: Double
        var stepsPerEpoch: Int
        var remainingSteps: Int
      }
      var plan: Plan
    }
    let plan = try JSONDecoder().decode(Line.self, from: Data(json.output.utf8)).plan
    // Weights, moments and averages of 223,129 parameters are 3.6 MB.
    #expect(plan.memoryByteCount > 3_500_000 && plan.secondsPerStep > 0)
    #expect(plan.stepsPerEpoch == 5 && plan.remainingSteps == 100)
  }

  /// A drawing that cannot be written leaves no folder; a dry run is refused where the run is.
  @Test func whatIsRefusedLeavesNoRun() throws {
    let folder = try TrainingFolder()
    let drawing = try folder.train(steps: 2, "--graphviz", "nowhere/step.dot")
    #expect(drawing.status == 1 && drawing.errors.contains("nowhere/step.dot"), "\(drawing)")
    #expect(folder.runner.names() == ["breaks.vamen"])
    let started = try folder.train(steps: 2, "--graphviz", "step.dot")
    try #require(started.status == 0, "\(started.errors)")
    #expect(folder.text("step.dot").contains("digraph"))
    let before = folder.contents
    let dry = try folder.train(steps: 4, "--dry-run")
    #expect(folder.contents == before)
    for outcome in [dry, try folder.train(steps: 4)] {
      #expect(outcome.status == 1, "\(outcome)")
      #expect(outcome.errors.contains("run holds a run already"), "\(outcome.errors)")
    }
  }

  /// What is planned is what is left, by the settings that the run was started with.
  @Test func aDryRunOfAResumedRunPlansTheRest() throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 4).status == 0)
    let before = folder.contents
    struct Line: Decodable {
      struct Plan: Decodable {
        var remainingSteps: Int
        var previewByteCount: Int
      }
      var plan: Plan
    }
    let outcome = try folder.train(steps: 10, "--dry-run", "--resume", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let plan = try JSONDecoder().decode(Line.self, from: Data(outcome.output.utf8)).plan
    #expect(plan.remainingSteps == 6)
    // At least the model and eight loops of 64 frames, 128 samples each.
    #expect(plan.previewByteCount > 4 * (223_129 + 8 * 64 * 128))
    for (options, reason) in [
      (["--learning-rate", "0.01"], "was started with learning rate"),
      (["--steps", "3"], "has done 4 steps"), (["--out", "nothing"], "holds no run"),
    ] {
      let outcome = try CommandRunner.run(
        CommandRunner.program,
        ["train", "breaks.vamen", "--out", "run", "--resume", "--dry-run", "--device", "cpu"]
          + options, in: folder.runner.folder)
      #expect(outcome.status == 1 && outcome.errors.contains(reason), "\(outcome.errors)")
    }
    #expect(folder.contents == before)
  }

  @Test(arguments: [
    (
      "  \"averageDecay\" : 0.999,", "", "earlier version of the program (",
      "lacks the setting \"settings.averageDecay\""
    ),
    (
      "  \"averageDecay\" : 0.999,", "\"averageDecay\" : 0.999, \"futureRule\" : 1,",
      "later version of the program (", "has the setting \"settings.futureRule\""
    ),
    (
      "  \"averageDecay\" : 0.999,", "\"averageDecay\" : \"much\",", "config.json is damaged",
      "\"settings.averageDecay\" has a value of another kind"
    ),
    ("  \"averageDecay\" : 0.999,", "\"averageDecay\"", "config.json is damaged", "no JSON"),
    (
      "  \"averageDecay\" : 0.999,", "\"averageDecay\" : 7,", "config.json is damaged",
      "averageDecay 7.0 is not possible"
    ),
  ])
  func aFolderOfAnotherVersionIsRefusedWithTheReason(
    _ old: String, _ new: String, _ what: String, _ why: String
  ) throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 2).status == 0)
    let text = folder.text("run/config.json")
    try #require(text.contains(old))
    try folder.runner.write(Array(text.replacing(old, with: new).utf8), to: "run/config.json")
    let outcome = try folder.train(steps: 4, "--resume")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(what), "\(outcome.errors)")
    #expect(outcome.errors.contains(why), "\(outcome.errors)")
    #expect(outcome.errors.contains("start a new run"), "\(outcome.errors)")
  }

  @Test(arguments: [
    (["--learning-rate", "0.01"], "learning rate"), (["--batch-size", "5"], "batch size"),
    (["--seed", "4"], "seed"), (["--emphasis", "sample"], "divergence weight"),
    (["--free-nats", "0.1"], "free nats"), (["--clip-norm", "1"], "gradient norm limit"),
    (["--weight-decay", "0.1"], "weight decay"), (["--average-decay", "0"], "average decay"),
    (["--warm-up", "7"], "warm up steps"),
  ])
  func aChangedSettingIsRefusedByName(_ options: [String], _ name: String) throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 2).status == 0)
    let outcome = try CommandRunner.run(
      CommandRunner.program,
      ["train", "breaks.vamen", "--out", "run", "--resume", "--steps", "4", "--device", "cpu"]
        + options, in: folder.runner.folder)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("was started with \(name)"), "\(outcome.errors)")
  }

  @Test func lengthSplitAndCadenceMayChange() throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 2).status == 0)
    let outcome = try CommandRunner.run(
      CommandRunner.program,
      [
        "train", "breaks.vamen", "--out", "run", "--resume", "--epochs", "2", "--micro-batch", "2",
        "--log-every", "3", "--checkpoint-every", "5", "--keep-checkpoints", "1", "--device", "cpu",
      ], in: folder.runner.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(folder.steps.last == 10)
    let kept = folder.runner.names(in: "run/checkpoints").filter { $0.hasPrefix("step-") }
    #expect(kept == ["step-000010.safetensors"])
    // A third time nothing needs to be said again.
    let third = try folder.runner.vamen(
      "train", "breaks.vamen", "--out", "run", "--resume", "--steps", "12", "--device", "cpu")
    #expect(third.status == 0 && folder.steps.last == 12, "\(third.errors)")
  }

  @Test func mixedPrecisionIsKeptByARunAndSaid() throws {
    let folder = try TrainingFolder()
    let whole = try folder.train(steps: 8, out: "whole", "--precision", "mixed", "--explain")
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(whole.errors.contains("Precision: mixed"), "\(whole.errors)")
    #expect(whole.errors.contains("feature maps in 16 bits"), "\(whole.errors)")
    for file in ["whole/config.json", "whole/environment.json"] {
      #expect(folder.text(file).contains("\"precision\" : \"mixed\""), "\(folder.text(file))")
    }
    #expect(folder.text("whole/metrics.jsonl").contains("\"lossScale\":65536"))
    let scales = [String](repeating: "65536.0", count: 8)
    #expect(lossScales(folder, "whole") == ["loss_scale"] + scales)
    // Half of it first; another precision is refused by name.
    let first = try folder.train(steps: 4, "--precision", "mixed")
    #expect(first.status == 0, "\(first.errors)")
    let resume = ["train", "breaks.vamen", "--out", "run", "--resume", "--device", "cpu"]
    let other = try CommandRunner.run(
      CommandRunner.program, resume + ["--precision", "float32"], in: folder.runner.folder)
    #expect(other.status != 0)
    #expect(
      other.errors.contains("precision \"mixed\", not \"float32\""), "\(other.errors)")
    // As versions wrote it that had no such column.
    let old: [String] = folder.text("run/metrics.csv").split(separator: "\n").map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return fields.dropLast().joined(separator: ",") + "\n"
    }
    try Data(old.joined(separator: "").utf8).write(
      to: folder.runner.folder.appending(path: "run/metrics.csv"))
    let outcome = try CommandRunner.run(
      CommandRunner.program, resume + ["--steps", "8"], in: folder.runner.folder)
    #expect(outcome.status == 0 && outcome.errors.contains("Precision: mixed"))
    #expect(folder.steps == Array(1...8))
    #expect(lossScales(folder, "run") == ["loss_scale", "", "", "", ""] + scales.prefix(4))
  }

  /// The last column of a run's metrics.
  private func lossScales(_ folder: TrainingFolder, _ run: String) -> [String] {
    folder.text("\(run)/metrics.csv").split(separator: "\n").map { line in
      String(line.split(separator: ",", omittingEmptySubsequences: false).last ?? "")
    }
  }
}
