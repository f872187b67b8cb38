extension TrainingDataError.Code {
  /// The loss is no longer a number.
  public static let diverged = Self(rawValue: "diverged")
  /// The data set was cut or written to while a run used it.
  public static let datasetChanged = Self(rawValue: "dataset-changed")
  /// The device was lost again after the run had gone on once.
  public static let deviceLost = Self(rawValue: "device-lost")
  /// Somebody asked to stop before there was a result.
  public static let stopped = Self(rawValue: "stopped")
  /// A run folder that exists, or does not, or belongs to other settings.
  public static let runFolder = Self(rawValue: "run-folder")
  /// A checkpoint that is missing, damaged or of another run.
  public static let damagedCheckpoint = Self(rawValue: "damaged-checkpoint")
}
