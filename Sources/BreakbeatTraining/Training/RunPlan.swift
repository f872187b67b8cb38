internal import Breakbeats
internal import Tensors

/// What a run will take, known before its first step.
public struct RunPlan: Sendable, Hashable, Codable {
  /// Trained numbers.
  public var parameterCount: Int
  /// Bytes for programs, weights, moments and averages, as planned.
  public var memoryByteCount: Int
  /// Bytes that a preview takes beside these; where fewer are free, it draws fewer loops at a time.
  public var previewByteCount: Int
  /// Why the device's limits forbid previews, so that the run does without; `nil` where they do not.
  public var previewObstacle: String?
  /// Bytes that the device had free.
  public var availableByteCount: Int
  /// Seconds of a step, measured on steps that were taken back; 0 when none was measured.
  public var secondsPerStep: Double
  /// Steps that show every training picture once.
  public var stepsPerEpoch: Int
  /// Steps that are left to do.
  public var remainingSteps: Int

  /// Measures a trainer; its state is afterwards what it was before.
  ///
  /// - Parameters:
  ///   - trainer: The trainer.
  ///   - shouldStop: Asked between steps.
  public init(
    measuring trainer: Trainer, shouldStop: @Sendable () -> Bool = { false }
  ) async throws {
    let (settings, done) = (await trainer.settings, await trainer.step)
    parameterCount = settings.model.parameterCount
    memoryByteCount = try settings.memory(on: trainer.backend)
    let previews = try RunPreview.possibleNeeds(settings.model, on: trainer.backend)
    (previewByteCount, previewObstacle) = (previews.needs?.byteCount ?? 0, previews.obstacle)
    availableByteCount = trainer.freeByteCount
    stepsPerEpoch = settings.stepsPerEpoch(items: trainer.data.trainingIndices.count)
    remainingSteps = max(0, settings.steps - done)
    secondsPerStep =
      remainingSteps == 0 || shouldStop()
      ? 0 : try await trainer.measuredSecondsPerStep(shouldStop: shouldStop)
  }

  /// Seconds of a pass over the data set.
  public var secondsPerEpoch: Double { secondsPerStep * Double(stepsPerEpoch) }
  /// Seconds that the rest of the run takes.
  public var remainingSeconds: Double { secondsPerStep * Double(remainingSteps) }

  /// What the run takes of what the device had free, for the line of progress: `3.1/8.0 GB`; `nil`
  /// where one of them is unknown.
  public var memory: String? { Self.share(memoryByteCount, of: availableByteCount) }
}

extension RunPlan: CustomStringConvertible {
  /// Two lines, memory and time; another where there will be no previews.
  public var description: String {
    let previews =
      previewObstacle == nil
      ? ", \(mebibytes(previewByteCount)) more while a preview is drawn" : ""
    let memory =
      "Memory: \(mebibytes(memoryByteCount)) of \(mebibytes(availableByteCount)) that are free"
      + "\(previews); \(parameterCount) parameters"
      + (previewObstacle.map { "\n" + Self.withoutPreviews($0) } ?? "")
    guard secondsPerStep > 0 else { return memory }
    return memory
      + "\nTime: \((secondsPerStep * 1000).rounded(places: 1)) ms a step, "
      + "\(Self.clock(secondsPerEpoch)) an epoch of \(counted(stepsPerEpoch, "step")), "
      + "\(Self.clock(remainingSeconds)) for \(counted(remainingSteps, "step")) without previews"
  }

  /// What is said where a device's limits forbid previews.
  static func withoutPreviews(_ obstacle: String) -> String {
    "Previews: none, whatever the batch is, because the device cannot draw them: \(obstacle); draw "
      + "with `vamen sample` on another device"
  }

  /// Bytes of other bytes in gigabytes of 10⁹, to about two digits; `nil` where one of them is unknown.
  package static func share(_ byteCount: Int, of whole: Int) -> String? {
    guard byteCount > 0, whole > 0 else { return nil }
    let gigabytes = [byteCount, whole].map { bytes in
      let value = max(0.01, Double(bytes) / 1e9)
      return value.rounded(places: value < 1 ? 2 : value < 10 ? 1 : 0)
    }
    return "\(gigabytes[0])/\(gigabytes[1]) GB"
  }

  /// Hours, minutes and seconds.
  public static func clock(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds.isFinite ? seconds : 0, 1e12)).rounded())
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }
}
