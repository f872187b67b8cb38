extension TrainingRun {
  /// How often files are written.
  public struct Cadence: Sendable, Hashable, Codable {
    /// Steps between checkpoints.
    public var checkpoint: Int
    /// Models of earlier checkpoints that are kept beside the last and the best.
    public var keptCheckpoints: Int
    /// Steps between previews; 0 for one at the end only.
    public var preview: Int
    /// Steps between rows of the metrics; steps of checkpoints are written in any case.
    public var log: Int

    /// Steps between files.
    public init(checkpoint: Int = 500, keptCheckpoints: Int = 3, preview: Int = 2000, log: Int = 1)
    {
      self.checkpoint = checkpoint
      self.keptCheckpoints = keptCheckpoints
      self.preview = preview
      self.log = log
    }

    /// Whether something is due after a step.
    func isPreviewDue(_ step: Int) -> Bool { preview > 0 && step % preview == 0 }

    /// Refuses what makes no sense.
    func check() throws {
      let most = 1_000_000_000
      for (name, value, least) in [
        ("checkpointEvery", checkpoint, 1), ("keptCheckpoints", keptCheckpoints, 0),
        ("previewEvery", preview, 0), ("logEvery", log, 1),
      ] where !(least...most).contains(value) {
        throw TrainingDataError(
          .invalidSettings, "training with \(name) \(value) is not possible",
          remedy: "choose \(least) to \(most)")
      }
    }
  }
}
