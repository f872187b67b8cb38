import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio
import Tensors
import VulkanCompute

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model on a data set.",
    usage: "vamen train <data> --out <out> [<options>]",
    discussion: """
      Writes a run folder: settings, metrics, checkpoints, previews and a page to listen to. Stop \
      with Ctrl-C and go on with --resume: the result is the same as without stopping.
      """)

  @Argument(help: "The data set, made by `vamen prepare`.", completion: .dataset)
  var data: String?

  @Option(name: .shortAndLong, help: "The run folder to make.", completion: .directory)
  var out: String?

  @OptionGroup(title: "Model and training") var choices: TrainingOptions

  @Flag(help: "Go on with the run in the folder.")
  var resume = false

  @Flag(help: "Print memory and time of the run, and stop before its first step.")
  var dryRun = false

  @Flag(help: "Print every setting as --config reads it, and stop.")
  var printConfig = false

  @Flag(help: "Print what a training step costs: dispatches, arithmetic, bytes, memory.")
  var explain = false

  @Option(help: "Write a training step as a Graphviz drawing to a file.", completion: .file())
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
    if !printConfig {
      if data == nil { throw ValidationError("Give the data set, made by `vamen prepare`.") }
      if out == nil && !dryRun { throw ValidationError("Give the run folder: --out DIR.") }
    }
    if resume && out == nil {
      throw ValidationError("Give the run folder to go on with: --out DIR.")
    }
    try choices.check()
    if let submissionMilliseconds, !(0.01...10_000).contains(submissionMilliseconds) {
      throw ValidationError(
        "--submission-milliseconds \(submissionMilliseconds): 0.01 to 10000 are possible.")
    }
  }

  func run() async throws {
    let breaks = try data.map { try BreakbeatDataset(contentsOf: $0) }
    let record = resume ? try RunFolder.record(of: out ?? "") : nil
    var configuration = try choices.configuration(for: breaks, over: record)
    if let note = breaks.flatMap({ configuration.unusedSetting(with: $0) }) {
      Terminal.note(printable(note))
    }
    if let seed = seed.seed { configuration.seed = seed }
    if printConfig {
      if let breaks {
        let settings = try configuration.settings(for: breaks)
        configuration.settings = settings
        (configuration.steps, configuration.epochs) = (settings.steps, nil)
      } else if configuration.steps == nil && configuration.epochs == nil {
        configuration.epochs = TrainingConfiguration.defaultEpochs
      }
      try configuration.check()
      if output.json {
        Terminal.printJSON(text: configuration.json)
      } else {
        print(configuration.json)
      }
      return
    }
    guard let breaks else { return }
    if !resume, let out { try RunFolder.refuseFilesWithoutRun(in: out) }
    if configuration.seed == nil { configuration.seed = record?.settings.seed ?? seed.choose() }
    let chosen = try device.choose(submissionMilliseconds: submissionMilliseconds)
    try chosen.backend.check(configuration.settings.precision)
    let settings = try choices.settings(
      configuration, for: breaks, on: chosen.backend, over: record)
    // A resumed run keeps the tiles it was started with.
    let choice = resume ? chosen : try tune.apply(to: chosen, settings)
    Terminal.note("Precision: \(settings.precision.words); \(chosen.backend.features)")
    if dryRun {
      let trainer =
        if resume, let out {
          try await TrainingRun.trainer(resuming: out, settings, data: breaks, choice: choice)
        } else {
          try TrainingRun.trainer(starting: settings, data: breaks, folder: out, choice: choice)
        }
      try draw(trainer)
      try describe(trainer)
      try tell(try await RunPlan(measuring: trainer), seed: settings.seed)
    } else if let out {
      try await train(settings, breaks, out, choice, configuration.cadence)
    }
  }

  private func train(
    _ settings: TrainingSettings, _ breaks: BreakbeatDataset, _ out: String,
    _ choice: BackendChoice, _ cadence: TrainingRun.Cadence
  ) async throws {
    let interruption = Interruption()
    let run = try await TrainingRun(
      settings, data: breaks, folder: out, resuming: resume, choice: choice, cadence: cadence,
      reopen: reopening, prepared: draw)
    for note in run.notes { Terminal.note(note) }
    try describe(run.trainer)

    let json = output.json
    var lastShown = ContinuousClock.now - .seconds(60)
    var memory = ""
    let ending = try await run.run(
      shouldStop: { interruption.isRequested },
      plan: { plan in
        try? tell(plan, seed: settings.seed)
        if let share = plan.memory { memory = "  \(share)" }
      }, note: Terminal.note
    ) { report in
      if json {
        try? Terminal.printJSON(report)
        return
      }
      // A terminal is refreshed often, a log file gets a line now and then.
      let pause: Duration = Terminal.isInteractive ? .milliseconds(200) : .seconds(10)
      let isLast = report.step == report.steps
      guard isLast || ContinuousClock.now - lastShown >= pause else { return }
      lastShown = .now
      let left = RunPlan.clock(report.secondsLeft(batchSize: settings.batchSize))
      Terminal.progress("\(report)\(memory)  ETA \(left)", isLast: isLast)
    }
    if json {
      try Terminal.printJSON(Ending(ending, settings: settings, folder: run.folder))
      return
    }
    switch ending {
    case .finished:
      print(printable("\(run.folder.lastModel): done; listen to \(run.folder.page)"))
    case .stopped(let step):
      print("Stopped after step \(step); go on with the same command and --resume")
    }
  }

  /// Opens a lost device again, with a quarter of the work at a time.
  private var reopening: @Sendable () throws -> BackendChoice {
    let milliseconds = (submissionMilliseconds ?? Device.Options().secondsPerSubmission * 1000) / 4
    let device = device.device
    return {
      var option = DeviceOption()
      option.device = device
      return try option.choose(submissionMilliseconds: max(0.01, milliseconds))
    }
  }

  /// Says what the run will take.
  private func tell(_ plan: RunPlan, seed: UInt64) throws {
    if output.json {
      try Terminal.printJSON(Plan(plan: plan, seed: seed))
    } else {
      Terminal.note("\(plan)")
    }
  }

  /// Draws a training step, when asked for.
  private func draw(_ trainer: Trainer) throws {
    guard let graphviz else { return }
    try AtomicFile.write(Array(trainer.graphviz.utf8), to: graphviz)
  }

  /// Prints what a training step costs, when asked for.
  private func describe(_ trainer: Trainer) throws {
    guard explain else { return }
    if output.json {
      try Terminal.printJSON(Explanation(trainingStep: trainer.report))
    } else {
      Terminal.note("Training step: \(trainer.report)\n\(trainer.report.table)")
      if let half = trainer.report.halfStorage { Terminal.note("Mixed precision: \(half.text)") }
      for note in trainer.report.notes { Terminal.note("Note: \(note)") }
    }
  }

  private struct Explanation: Encodable {
    var trainingStep: ProgramReport
  }

  private struct Plan: Encodable {
    var plan: RunPlan
    var seed: UInt64
  }

  private struct Ending: Encodable {
    var ending: String
    var step: Int
    var seed: UInt64
    var model: String
    var page: String

    init(_ ending: TrainingRun.Ending, settings: TrainingSettings, folder: RunFolder) {
      switch ending {
      case .finished: (self.ending, step) = ("finished", settings.steps)
      case .stopped(let step): (self.ending, self.step) = ("stopped", step)
      }
      seed = settings.seed
      model = folder.lastModel
      page = folder.page
    }
  }
}
