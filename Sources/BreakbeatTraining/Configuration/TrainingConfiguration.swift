public import Breakbeats
import SpectralAudio

/// Everything that a person may choose about a run, as `vamen train --config` reads it and
/// `--print-config` prints it.
public struct TrainingConfiguration: Sendable, Hashable {
  /// The preset whose defaults were taken; `nil` when the sizes are no preset's.
  public var preset: BreakbeatVAE.Preset?
  /// Sizes, schedules and rules; its ``TrainingSettings/steps`` counts once the data set is known.
  public var settings: TrainingSettings
  /// Optimizer steps, where they are given directly.
  public var steps: Int?
  /// Passes over the data set, where they are given.
  public var epochs: Int?
  /// The seed, where it is given.
  public var seed: UInt64?
  /// What is written when.
  public var cadence: TrainingRun.Cadence
  /// Whether as many pictures of a step are to be in memory at a time as fit; planned once there is a
  /// device, in place of ``TrainingSettings/microBatchSize``.
  public var fitsMicroBatch = false
  /// Fields that a file or a caller named.
  var named: Set<String> = []

  /// Passes over the data set where nothing is said.
  public static let defaultEpochs = 100

  /// A preset's recommended configuration.
  public init(_ preset: BreakbeatVAE.Preset) {
    self.preset = preset
    settings = TrainingSettings(preset, steps: 1, seed: 0)
    cadence = TrainingRun.Cadence()
  }

  /// The configuration of a run that is there, to go on with it.
  public init(_ record: RunFolder.Record) {
    self.init(record.settings)
    cadence = record.cadence
  }

  /// The configuration of settings.
  init(_ settings: TrainingSettings) {
    self.settings = settings
    steps = settings.steps
    seed = settings.seed
    cadence = TrainingRun.Cadence()
    preset = BreakbeatVAE.Preset.allCases.first { $0.hasSizes(of: settings.model) }
  }

  /// The settings for a data set: its pictures, and a number of steps.
  ///
  /// - Throws: ``TrainingDataError`` when the configuration names other pictures than the data
  ///   set's, or a setting is out of range.
  public func settings(for data: BreakbeatDataset) throws -> TrainingSettings {
    var settings = settings
    for name in named.sorted() where name.hasPrefix(SettingField.pictures) {
      try checkPicture(name, against: data)
    }
    settings.model.spectrogram = data.settings
    if let seed { settings.seed = seed }
    if let steps {
      settings.steps = steps
    } else {
      let perEpoch = settings.stepsPerEpoch(items: data.trainingIndices.count)
      // Too many steps to count are refused with the other settings.
      let (steps, isTooMany) = (epochs ?? Self.defaultEpochs)
        .multipliedReportingOverflow(by: perEpoch)
      settings.steps = isTooMany ? .max : steps
    }
    return settings
  }

  /// The reference level is measured from the sounds and no choice; everything else must agree.
  private func checkPicture(_ name: String, against data: BreakbeatDataset) throws {
    guard name != SettingField.referenceLevel, let field = SettingField.named(name) else { return }
    var other = self
    other.settings.model.spectrogram = data.settings
    let (have, need) = (field.write(other), field.write(self))
    guard have != need else { return }
    throw TrainingDataError(
      .invalidSettings,
      "\(data.path): \(name) of its pictures is \(have.line), of the configuration \(need.line)",
      remedy: "leave \(name) out of the configuration, or prepare another data set")
  }

  /// What the configuration names and a data set decides otherwise, in words; `nil` for nothing.
  public func unusedSetting(with data: BreakbeatDataset) -> String? {
    let given = settings.model.spectrogram.referenceLevel
    let measured = data.settings.referenceLevel
    guard named.contains(SettingField.referenceLevel), given != measured else { return nil }
    return "\(SettingField.referenceLevel) \(given) of the configuration is not used: that of "
      + "\(data.path) was measured, \(measured)"
  }

  /// Refuses what cannot be trained with, before there is a data set.
  public func check() throws { try check(beforeOptions: false) }

  /// The same, where the parts of a batch may still be given: that all of it is in memory does not
  /// count then.
  func check(beforeOptions isEarly: Bool) throws {
    if steps != nil && epochs != nil {
      throw refusal("both steps and epochs are given", "give one of them")
    }
    for (name, value) in [("steps", steps), ("epochs", epochs)] {
      if let value, !(1...1_000_000_000).contains(value) {
        throw refusal("\(name) \(value)", "choose 1 to 1000000000")
      }
    }
    try cadence.check()
    var settings = settings
    // What is planned later may be as small as this.
    if fitsMicroBatch || isEarly && settings.microBatchSize == nil { settings.microBatchSize = 1 }
    try settings.check()
  }

  private func refusal(_ what: String, _ remedy: String) -> TrainingDataError {
    TrainingDataError(.invalidSettings, "training with \(what) is not possible", remedy: remedy)
  }
}

extension BreakbeatVAE.Preset {
  /// Whether a model has this preset's sizes, whatever its pictures show.
  func hasSizes(of model: BreakbeatVAE.Configuration) -> Bool {
    let own = configuration
    return own.channels == model.channels && own.latentSize == model.latentSize
      && own.groups == model.groups && own.bands == model.bands && own.frames == model.frames
  }
}
