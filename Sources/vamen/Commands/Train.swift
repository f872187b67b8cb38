import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio
import Tensors

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model on a data set.",
    discussion: """
      Writes a run folder: settings, metrics, checkpoints, previews and a page to listen to. Stop \
      with Ctrl-C and go on with --resume: the result is the same as without stopping.
      """)

  enum Precision: String, CaseIterable, ExpressibleByArgument {
    case float32
    case mixed
  }

  @Argument(help: "The data set, made by `vamen prepare`.")
  var data: String

  @Option(name: .shortAndLong, help: "The run folder to make.")
  var out: String

  @Option(help: "Sizes of the model; must fit the data set.")
  var preset: BreakbeatVAE.Preset = .full

  @Option(help: "Passes over the data set. (default: 100, or --steps)")
  var epochs: Int?

  @Option(help: "Optimizer steps, instead of --epochs.")
  var steps: Int?

  @Option(help: "Pictures per step. (default: the preset's)")
  var batchSize: Int?

  @Option(
    help: "Pictures in memory at a time: a number, auto (as many as fit) or off. (default: off)")
  var microBatch: MicroBatch?

  @Option(help: "Highest learning rate. (default: the preset's)")
  var learningRate: Double?

  @Option(help: "Arithmetic: float32; mixed is not supported yet and refused.")
  var precision: Precision = .float32

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 500

  @Option(help: "Steps between previews; 0 for one at the end only.")
  var previewEvery = 2000

  @Flag(help: "Go on with the run in the folder.")
  var resume = false

  @Flag(help: "Print what a training step costs: dispatches, arithmetic, bytes, memory.")
  var explain = false

  @Option(help: "Write a training step as a Graphviz drawing to a file.")
  var graphviz: String?

  @Option(
    help: ArgumentHelp(
      "Milliseconds of work handed to a Vulkan device at a time.",
      discussion: "Default: $VAMEN_SUBMISSION_MS, otherwise 50. Less keeps a desktop fluent, more "
        + "saves a little time."))
  var submissionMilliseconds: Double?

  @OptionGroup var device: DeviceOption
  @OptionGroup var tune: TuneOption
  @OptionGroup var seed: SeedOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if epochs != nil && steps != nil {
      throw ValidationError("Give --epochs or --steps, not both.")
    }
    for (name, value) in [
      ("epochs", epochs), ("steps", steps), ("batch-size", batchSize),
      ("checkpoint-every", checkpointEvery),
    ] {
      if let value, value < 1 { throw ValidationError("--\(name) \(value): at least 1 is needed.") }
    }
    if let learningRate, !(learningRate > 0 && learningRate < 1) {
      throw ValidationError("--learning-rate \(learningRate): between 0 and 1 is possible.")
    }
    if let submissionMilliseconds, !(0.01...10_000).contains(submissionMilliseconds) {
      throw ValidationError(
        "--submission-milliseconds \(submissionMilliseconds): 0.01 to 10000 are possible.")
    }
    try microBatch?.check()
    if precision == .mixed {
      throw ValidationError(
        "--precision mixed is not supported by this version; use float32 (the default).")
    }
  }

  func run() async throws {
    let breaks = try BreakbeatDataset(contentsOf: data)
    let chosen = try device.choose(submissionMilliseconds: submissionMilliseconds)
    let settings = try settings(for: breaks, on: chosen.backend)
    // A resumed run keeps the tiles it was started with.
    let choice = resume ? chosen : try tune.apply(to: chosen, settings)
    Terminal.note("Precision: float32; \(chosen.backend.features)")
    let run = try await TrainingRun(
      settings, data: breaks, folder: out, resuming: resume, choice: choice,
      cadence: .init(checkpoint: checkpointEvery, preview: previewEvery))
    try describe(run.trainer)

    let interruption = Interruption()
    let json = output.json
    var lastShown = ContinuousClock.now - .seconds(60)
    let ending = try await run.run(shouldStop: { interruption.isRequested }) { report in
      if json {
        try? Terminal.printJSON(report)
        return
      }
      // A terminal is refreshed often, a log file gets a line now and then.
      let pause: Duration = Terminal.isInteractive ? .milliseconds(200) : .seconds(10)
      let isLast = report.step == report.steps
      guard isLast || ContinuousClock.now - lastShown >= pause else { return }
      lastShown = .now
      let left = Int(report.secondsLeft(batchSize: settings.batchSize))
      Terminal.progress("\(report)  ETA \(clock(left))", isLast: isLast)
    }
    if json {
      try Terminal.printJSON(Ending(ending, settings: settings, folder: run.folder))
      return
    }
    switch ending {
    case .finished: print("\(run.folder.lastModel): done; listen to \(run.folder.page)")
    case .stopped(let step):
      print("Stopped after step \(step); go on with the same command and --resume")
    }
  }

  /// Prints and draws a training step, when asked for.
  private func describe(_ trainer: Trainer) throws {
    if let graphviz {
      try AtomicFile.write(Array(trainer.graphviz.utf8), to: graphviz)
    }
    guard explain else { return }
    if output.json {
      try Terminal.printJSON(Explanation(trainingStep: trainer.report))
    } else {
      Terminal.note("Training step: \(trainer.report)\n\(trainer.report.table)")
      for note in trainer.report.notes { Terminal.note("Note: \(note)") }
    }
  }

  private struct Explanation: Encodable {
    var trainingStep: ProgramReport
  }

  private struct Ending: Encodable {
    var ending: String
    var step: Int
    var model: String
    var page: String

    init(_ ending: TrainingRun.Ending, settings: TrainingSettings, folder: RunFolder) {
      switch ending {
      case .finished: (self.ending, step) = ("finished", settings.steps)
      case .stopped(let step): (self.ending, self.step) = ("stopped", step)
      }
      model = folder.lastModel
      page = folder.page
    }
  }

  /// Settings from the options; when resuming, what is not given stays as the run was started.
  private func settings(
    for breaks: BreakbeatDataset, on backend: any Backend
  ) throws -> TrainingSettings {
    let old = resume ? try RunFolder.record(of: out).settings : nil
    var settings =
      try old ?? TrainingSettings(checkedPreset(for: breaks), steps: 1, seed: seed.choose())
    settings.model.spectrogram = breaks.settings
    if let seed = seed.seed { settings.seed = seed }
    if let batchSize { settings.batchSize = batchSize }
    if let learningRate { settings.learningRate = learningRate }
    let perEpoch = settings.stepsPerEpoch(items: breaks.trainingIndices.count)
    if let steps {
      settings.steps = steps
    } else if let epochs {
      // Too many steps to count are refused with the other settings.
      let (steps, isTooMany) = epochs.multipliedReportingOverflow(by: perEpoch)
      settings.steps = isTooMany ? .max : steps
    } else if old == nil {
      settings.steps = 100 * perEpoch
    }
    // A resumed run keeps the split it was started with, unless another one is asked for.
    try microBatch?.apply(to: &settings, on: backend)
    return settings
  }

  private func checkedPreset(for breaks: BreakbeatDataset) throws -> BreakbeatVAE.Preset {
    let (have, need) = (breaks.settings, preset.configuration.spectrogram)
    guard have.bands == need.bands && have.frames == need.frames else {
      let fitting = BreakbeatVAE.Preset.allCases.filter {
        $0.configuration.bands == have.bands && $0.configuration.frames == have.frames
      }
      throw TrainingDataError(
        .invalidSettings,
        "\(breaks.path) holds pictures of \(have.bands) x \(have.frames); preset \(preset.rawValue) "
          + "is for \(need.bands) x \(need.frames)",
        remedy: fitting.isEmpty
          ? "prepare the data set again with --preset \(preset.rawValue)"
          : "use --preset \(fitting.map(\.rawValue).joined(separator: " or "))")
    }
    return preset
  }
}

/// Hours, minutes and seconds.
func clock(_ seconds: Int) -> String {
  let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
  return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
}
