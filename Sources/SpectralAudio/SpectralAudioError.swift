/// The error of this module: what is wrong with a value that came from outside.
public struct SpectralAudioError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The name of the kind.
    public let rawValue: String

    /// A kind by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Settings that no spectrogram can be made with.
    public static let invalidSettings = Code(rawValue: "invalid-settings")
  }

  /// What kind of failure it is.
  public var code: Code

  /// What is wrong, with the values.
  public var message: String

  /// What to do about it.
  public var remedy: String

  /// An error with all its parts.
  public init(code: Code, message: String, remedy: String) {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  /// The message and the remedy.
  public var description: String { remedy.isEmpty ? message : "\(message); \(remedy)" }
}
