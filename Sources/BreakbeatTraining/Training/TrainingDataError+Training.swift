extension TrainingDataError.Code {
  /// The loss is no longer a number.
  public static let diverged = Self(rawValue: "diverged")
  /// Somebody asked to stop before there was a result.
  public static let stopped = Self(rawValue: "stopped")
  /// A run folder that exists, or does not, or belongs to other settings.
  public static let runFolder = Self(rawValue: "run-folder")
  /// A checkpoint that is missing, damaged or of another run.
  public static let damagedCheckpoint = Self(rawValue: "damaged-checkpoint")
}
