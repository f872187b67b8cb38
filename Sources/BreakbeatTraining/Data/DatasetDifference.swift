package import SpectralAudio

/// One setting that differs between two things that should agree.
struct SettingDifference {
  var name: String
  var have: String
  var need: String
}

extension SpectrogramSettings {
  private var fields: [(name: String, value: String)] {
    [
      ("bands", "\(bands)"), ("frames", "\(frames)"), ("hop", "\(hop)"), ("bars", "\(bars)"),
      ("sampleRate", "\(sampleRate)"), ("fftSize", "\(fftSize)"), ("windowSize", "\(windowSize)"),
      ("minimumFrequency", "\(minimumFrequency)"), ("maximumFrequency", "\(maximumFrequency)"),
      ("melScale", "\(melScale)"), ("filterNormalization", "\(filterNormalization)"),
      ("dynamicRange", "\(dynamicRange)"), ("referenceLevel", "\(referenceLevel)"),
    ]
  }

  /// The first field in which other settings differ from these.
  func firstDifference(from other: SpectrogramSettings) -> SettingDifference? {
    for (mine, theirs) in zip(fields, other.fields) where mine.value != theirs.value {
      return SettingDifference(name: mine.name, have: mine.value, need: theirs.value)
    }
    return nil
  }
}

extension BreakbeatDataset {
  /// Refuses a model of other pictures. The reference level is compared last: where it differs,
  /// nothing else of the pictures does.
  ///
  /// - Throws: ``TrainingDataError`` that names the first difference.
  package func check(picturesOf model: SpectrogramSettings) throws(TrainingDataError) {
    guard let difference = settings.firstDifference(from: model) else { return }
    let (have, need) = (difference.have, difference.need)
    let message =
      difference.name == "referenceLevel"
      ? "the reference level of its pictures is \(have) dB, of the model's \(need) dB; it is "
        + "measured from the first loops of a set, so that sets of other sources, seeds or counts "
        + "have other ones"
      : "\(difference.name) of its pictures is \(have), of the model's \(need)"
    throw TrainingDataError(
      .invalidSettings, "\(path): \(message)",
      remedy: "give the data set that the model was trained on")
  }
}

/// What a run folder keeps of its data set, to say later how another one differs.
public struct DatasetIdentity: Codable, Sendable, Hashable {
  var seed: UInt64
  var count: Int
  var heldOut: HeldOut
  var fitting: BreakFitting
  var recipe: Recipe
  /// Names of the first sources, and the digest of all.
  var sources: [String]
  var sourcesDigest: String

  /// The identity of a data set.
  init(_ data: BreakbeatDataset) {
    seed = data.seed
    count = data.count
    heldOut = data.heldOut
    fitting = data.fitting
    recipe = data.recipe
    sources = data.sources.prefix(16).map(\.name)
    sourcesDigest = SHA256.hexadecimal(data.sources.flatMap { Array("\($0.digest) ".utf8) })
  }

  /// The first field in which another data set differs from this one.
  func firstDifference(from other: DatasetIdentity) -> SettingDifference? {
    func shown(_ value: some Equatable, _ theirs: some Equatable, _ name: String)
      -> SettingDifference?
    {
      let (have, need) = ("\(value)", "\(theirs)")
      return have == need ? nil : SettingDifference(name: name, have: have, need: need)
    }
    func names(_ identity: DatasetIdentity) -> String {
      identity.sources.joined(separator: ", ") + " (\(identity.sourcesDigest.prefix(8)))"
    }
    let plain =
      shown(names(self), names(other), "sources") ?? shown(seed, other.seed, "seed")
      ?? shown(count, other.count, "count")
      ?? shown(heldOut.fraction, other.heldOut.fraction, "heldOut.fraction")
      ?? shown(heldOut.unit.rawValue, other.heldOut.unit.rawValue, "heldOut.unit")
      ?? shown(fitting.slice.rawValue, other.fitting.slice.rawValue, "fitting.slice")
      ?? shown(fitting.fit.rawValue, other.fitting.fit.rawValue, "fitting.fit")
    if let plain { return plain }
    for field in Recipe.fields {
      let (mine, theirs) = (recipe[keyPath: field.path], other.recipe[keyPath: field.path])
      if let found = shown(mine, theirs, "recipe.\(field.name)") { return found }
    }
    return nil
  }
}
