internal import Breakbeats
internal import SpectralAudio
internal import Tensors

/// One setting of a ``TrainingConfiguration``: its name in JSON, how it is read and written.
struct SettingField: Sendable {
  /// Its name; dots for members of inner objects.
  let name: String
  /// What a value must be, in words.
  let kind: String
  /// Whether a resumed run may have another value.
  let mayChange: Bool
  /// Takes a value over; `false` when it is of another type.
  let read: @Sendable (StrictJSON, inout TrainingConfiguration) -> Bool
  /// The present value.
  let write: @Sendable (TrainingConfiguration) -> StrictJSON

  /// The name in small words: "learning rate" for `learningRate`.
  var words: String {
    name.reduce(into: "") { words, character in
      if character.isUppercase { words += " " }
      words += character.lowercased()
    }
  }

  private typealias Path<Value> = WritableKeyPath<TrainingConfiguration, Value> & Sendable

  private init(
    _ name: String, _ kind: String, mayChange: Bool = false,
    read: @escaping @Sendable (StrictJSON, inout TrainingConfiguration) -> Bool,
    write: @escaping @Sendable (TrainingConfiguration) -> StrictJSON
  ) {
    self.name = name
    self.kind = kind
    self.mayChange = mayChange
    self.read = read
    self.write = write
  }

  private static func integer(
    _ name: String, _ path: any Path<Int>, mayChange: Bool = false
  ) -> SettingField {
    SettingField(name, "a whole number", mayChange: mayChange) { json, configuration in
      guard case .integer(let value) = json else { return false }
      configuration[keyPath: path] = value
      return true
    } write: {
      .integer($0[keyPath: path])
    }
  }

  private static func integer(
    _ name: String, _ path: any Path<Int?>, mayChange: Bool = false
  ) -> SettingField {
    SettingField(name, "a whole number or null", mayChange: mayChange) { json, configuration in
      switch json {
      case .integer(let value): configuration[keyPath: path] = value
      case .null: configuration[keyPath: path] = nil
      default: return false
      }
      return true
    } write: {
      $0[keyPath: path].map { .integer($0) } ?? .null
    }
  }

  private static func number(_ name: String, _ path: any Path<Double>) -> SettingField {
    SettingField(name, "a number") { json, configuration in
      guard let value = json.double else { return false }
      configuration[keyPath: path] = value
      return true
    } write: {
      .number($0[keyPath: path])
    }
  }

  private static func number(_ name: String, _ path: any Path<Double?>) -> SettingField {
    SettingField(name, "a number or null") { json, configuration in
      guard let value = json.double else {
        configuration[keyPath: path] = nil
        return json == .null
      }
      configuration[keyPath: path] = value
      return true
    } write: {
      $0[keyPath: path].map { .number($0) } ?? .null
    }
  }

  private static func word<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: any Path<Value>
  ) -> SettingField {
    let words = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
    return SettingField(name, words) { json, configuration in
      guard case .string(let text) = json, let value = Value(rawValue: text) else { return false }
      configuration[keyPath: path] = value
      return true
    } write: {
      .string($0[keyPath: path].rawValue)
    }
  }
}

extension SettingField {
  /// What names of the sizes begin with.
  static let model = "model."

  /// What names of the pictures' settings begin with.
  static let pictures = "model.spectrogram."

  /// The one of these that is measured and no choice.
  static let referenceLevel = pictures + "referenceLevel"

  /// A setting by its name.
  static func named(_ name: String) -> SettingField? { all.first { $0.name == name } }

  /// The preset whose sizes and recommendations are the defaults.
  static let preset = SettingField(
    "preset",
    "null or one of " + BreakbeatVAE.Preset.allCases.map(\.rawValue).joined(separator: ", ")
  ) { json, configuration in
    if json == .null { return true }
    guard case .string(let text) = json, let preset = BreakbeatVAE.Preset(rawValue: text) else {
      return false
    }
    configuration.take(preset)
    return true
  } write: {
    $0.preset.map { .string($0.rawValue) } ?? .null
  }

  /// A seed beyond the whole numbers of JSON is written as text.
  private static let seed = SettingField("seed", "a whole number of at least 0, or null") {
    json, configuration in
    switch json {
    case .integer(let value) where value >= 0: configuration.seed = UInt64(value)
    case .string(let text):
      guard let value = UInt64(text) else { return false }
      configuration.seed = value
    case .null: configuration.seed = nil
    default: return false
    }
    return true
  } write: { configuration in
    guard let seed = configuration.seed else { return .null }
    return Int(exactly: seed).map { .integer($0) } ?? .string("\(seed)")
  }

  /// A number of pictures, the whole batch, or as many as fit.
  private static let microBatchSize = SettingField(
    "microBatchSize", "a whole number, \"auto\" or null", mayChange: true
  ) { json, configuration in
    configuration.fitsMicroBatch = json == .string("auto")
    configuration.settings.microBatchSize = nil
    switch json {
    case .integer(let value): configuration.settings.microBatchSize = value
    case .null: break
    default: return configuration.fitsMicroBatch
    }
    return true
  } write: { configuration in
    if configuration.fitsMicroBatch { return .string("auto") }
    return configuration.settings.microBatchSize.map { .integer($0) } ?? .null
  }

  private static let channels = SettingField("model.channels", "an array of whole numbers") {
    json, configuration in
    guard case .array(let elements) = json else { return false }
    var channels: [Int] = []
    for element in elements {
      guard case .integer(let value) = element else { return false }
      channels.append(value)
    }
    configuration.settings.model.channels = channels
    return true
  } write: {
    .array($0.settings.model.channels.map { .integer($0) })
  }

  /// Every setting, in the order of printing.
  static let all: [SettingField] =
    [
      preset,
      channels,
      integer("model.latentSize", \.settings.model.latentSize),
      integer("model.groups", \.settings.model.groups),
      number("model.spectrogram.sampleRate", \.settings.model.spectrogram.sampleRate),
      integer("model.spectrogram.fftSize", \.settings.model.spectrogram.fftSize),
      integer("model.spectrogram.windowSize", \.settings.model.spectrogram.windowSize),
      integer("model.spectrogram.hop", \.settings.model.spectrogram.hop),
      integer("model.spectrogram.frames", \.settings.model.spectrogram.frames),
      integer("model.spectrogram.bands", \.settings.model.spectrogram.bands),
      number("model.spectrogram.minimumFrequency", \.settings.model.spectrogram.minimumFrequency),
      number("model.spectrogram.maximumFrequency", \.settings.model.spectrogram.maximumFrequency),
      word("model.spectrogram.melScale", \.settings.model.spectrogram.melScale),
      word(
        "model.spectrogram.filterNormalization", \.settings.model.spectrogram.filterNormalization),
      number("model.spectrogram.dynamicRange", \.settings.model.spectrogram.dynamicRange),
      number("model.spectrogram.referenceLevel", \.settings.model.spectrogram.referenceLevel),
      number("model.spectrogram.bars", \.settings.model.spectrogram.bars),
    ] + rules + files

  private static let rules: [SettingField] = [
    integer("steps", \.steps, mayChange: true),
    integer("epochs", \.epochs, mayChange: true),
    integer("batchSize", \.settings.batchSize),
    microBatchSize, seed, word("precision", \.settings.precision),
    number("learningRate", \.settings.learningRate),
    integer("warmUpSteps", \.settings.warmUpSteps),
    number("learningRateFloor", \.settings.learningRateFloor),
    number("divergenceWeight", \.settings.divergenceWeight),
    number("divergenceWarmUp", \.settings.divergenceWarmUp),
    number("freeNats", \.settings.freeNats),
    number("firstDecay", \.settings.firstDecay),
    number("secondDecay", \.settings.secondDecay),
    number("epsilon", \.settings.epsilon),
    number("weightDecay", \.settings.weightDecay),
    number("gradientNormLimit", \.settings.gradientNormLimit),
    number("gradientSpikeLimit", \.settings.gradientSpikeLimit),
    number("averageDecay", \.settings.averageDecay),
  ]

  private static let files: [SettingField] = [
    integer("checkpointEvery", \.cadence.checkpoint, mayChange: true),
    integer("keptCheckpoints", \.cadence.keptCheckpoints, mayChange: true),
    integer("previewEvery", \.cadence.preview, mayChange: true),
    integer("logEvery", \.cadence.log, mayChange: true),
  ]
}

extension TrainingConfiguration {
  /// Takes over a preset's sizes and recommendations.
  mutating func take(_ preset: BreakbeatVAE.Preset) {
    self.preset = preset
    settings.model = preset.configuration
    (settings.batchSize, settings.learningRate) = preset.recommendation
  }
}

extension StrictJSON {
  /// A number, whole or not.
  fileprivate var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
