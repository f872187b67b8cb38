public import VulkanCompute

/// The tiles that a device's programs take, after measuring what has not been measured before.
///
/// ```swift
/// let needs = try Program.memory(outputs: [y], on: backend)
/// let tuning = Tuning(of: needs.problems, on: device, timeLimit: 10)
/// let tuned = VulkanBackend(device, tileChoices: tuning.choices)
/// ```
public struct Tuning: Sendable {
  /// The choices, those of earlier runs included.
  public private(set) var choices = TileChoices()
  /// What this run measured, with times.
  public private(set) var measured: [TunedProduct] = []
  /// Products that an earlier run measured.
  public private(set) var knownCount = 0
  /// Products that time did not suffice for, or that could not be measured; the rule decides.
  public private(set) var missingCount = 0
  /// What a user should know.
  public private(set) var notes: [String] = []

  /// Measures the products that the device's tuning file does not hold, or with a tile that is no
  /// candidate, those with most work first, and adds them to it.
  ///
  /// - Parameters:
  ///   - problems: What programs compute, from ``Program/memory(outputs:updates:on:label:precision:arithmetic:)``.
  ///   - device: Where. A device without timestamps is not tuned.
  ///   - timeLimit: Seconds after which nothing more is begun; the first product is finished.
  ///   - isAnew: Whether to measure again what is known.
  ///   - progress: Called for each product measured.
  public init(
    of problems: [ProductProblem], on device: Device, timeLimit: Double, isAnew: Bool = false,
    progress: (TunedProduct) -> Void = { _ in }
  ) {
    let target = TileTarget(device)
    let measurement = TileMeasurement(device)
    let end = ContinuousClock.now + .seconds(timeLimit)
    let canMeasure = device.description.features.timestamps
    let tuner = Tuner(
      candidates: { ProductTile.candidates(for: $0, on: target) },
      hasTime: { canMeasure && ContinuousClock.now < end }, measure: measurement.measure)
    self.init(
      of: problems, tuner: tuner, file: TuningFile(for: device), isAnew: isAnew,
      progress: progress)
    if !canMeasure { notes.append("\(device.description.name) cannot measure times: not tuned") }
  }

  /// Measures with a given tuner and remembers in a given file.
  package init(
    of problems: [ProductProblem], tuner: Tuner, file: TuningFile, isAnew: Bool = false,
    progress: (TunedProduct) -> Void = { _ in }
  ) {
    let (known, note) = file.read()
    if let note { notes.append(note) }
    let wanted = Set(problems)
    // Any other tile a program would not take, and the product would stay unmeasured for good.
    for product in known where wanted.contains(product.problem) {
      guard tuner.candidates(product.problem).contains(product.tile) else { continue }
      choices[product.problem] = product.tile
    }
    let byWork = problems.sorted {
      ($0.multiplications, "\($0)") > ($1.multiplications, "\($1)")
    }
    for problem in byWork {
      if !isAnew, choices[problem] != nil {
        knownCount += 1
        continue
      }
      // One product at least, or a slow device would never learn.
      guard let product = tuner.choose(for: problem, finishes: measured.isEmpty) else {
        missingCount += 1
        continue
      }
      choices[problem] = product.tile
      measured.append(product)
      progress(product)
    }
    if let note = file.add(measured) { notes.append(note) }
  }
}

extension Tuning: CustomStringConvertible {
  /// One line.
  public var description: String {
    let (rule, chosen) = measured.reduce((0.0, 0.0)) {
      ($0.0 + $1.ruleSeconds, $0.1 + $1.seconds)
    }
    let changed = measured.count { $0.seconds < $0.ruleSeconds }
    var text = "\(measured.count) products measured, \(changed) with another tile than the rule's"
    if rule > 0 {
      let saved = Int((100 * (1 - chosen / rule)).rounded())
      text += ", together \(saved) % faster"
    }
    if knownCount > 0 { text += "; \(knownCount) known" }
    if missingCount > 0 { text += "; \(missingCount) not measured yet" }
    return text
  }
}
