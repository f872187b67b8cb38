/// The error of this module's data part: a file, a folder, a setting or a disk that will not do.
public struct TrainingDataError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The name of the kind, as printed by `--json`.
    public let rawValue: String

    /// A kind by its name.
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  /// What kind of failure it is.
  public var code: Code

  /// What is wrong and with which file, with the values.
  public var message: String

  /// What to do about it.
  public var remedy: String

  /// An error with all its parts.
  public init(_ code: Code, _ message: String, remedy: String) {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  /// The message and the remedy.
  public var description: String { remedy.isEmpty ? message : "\(message); \(remedy)" }
}

extension TrainingDataError.Code {
  /// Nothing is at the path.
  public static let missing = Self(rawValue: "missing")
  /// The path cannot be read: permissions, or the disk.
  public static let unreadable = Self(rawValue: "unreadable")
  /// The file has no bytes, or no samples.
  public static let empty = Self(rawValue: "empty")
  /// The file is no audio file that libsndfile knows.
  public static let notAudio = Self(rawValue: "not-audio")
  /// The file ends before its header says.
  public static let truncated = Self(rawValue: "truncated")
  /// The sound is shorter than a quarter of a bar.
  public static let tooShort = Self(rawValue: "too-short")
  /// The sound is longer than a source may be.
  public static let tooLong = Self(rawValue: "too-long")
  /// Samples that are not numbers, or infinite.
  public static let notFinite = Self(rawValue: "not-finite")
  /// Nothing but silence.
  public static let silent = Self(rawValue: "silent")
  /// The same bytes as a source that was already read.
  public static let duplicate = Self(rawValue: "duplicate")
  /// No source is left to make loops of.
  public static let nothingUsable = Self(rawValue: "nothing-usable")
  /// A setting, recipe or count that cannot be used.
  public static let invalidSettings = Self(rawValue: "invalid-settings")
  /// A file that is no data set, or a damaged one.
  public static let damagedDataset = Self(rawValue: "damaged-dataset")
  /// A data set of a newer format.
  public static let newerFormat = Self(rawValue: "newer-format")
  /// The output cannot be written.
  public static let unwritable = Self(rawValue: "unwritable")
  /// The disk is full.
  public static let diskFull = Self(rawValue: "disk-full")
  /// A library refused: memory, or a ratio it does not support.
  public static let resources = Self(rawValue: "resources")
}
