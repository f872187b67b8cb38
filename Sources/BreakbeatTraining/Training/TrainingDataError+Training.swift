extension TrainingDataError.Code {
  /// The loss is no longer a number.
  public static let diverged = Self(rawValue: "diverged")
  /// A run folder that exists, or does not, or belongs to other settings.
  public static let runFolder = Self(rawValue: "run-folder")
  /// A checkpoint that is missing, damaged or of another run.
  public static let damagedCheckpoint = Self(rawValue: "damaged-checkpoint")
}
