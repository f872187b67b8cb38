/// What went wrong outside the program's own logic: a file, a setting, a request.
public struct BreakbeatError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kind of failure; open, so that new kinds do not break switches.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// Stable text of the code.
    public let rawValue: String
    /// A code from its text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A model's configuration that no model can be built from.
    public static let invalidConfiguration = Code(rawValue: "invalidConfiguration")
    /// A file that is not a model, is damaged, or is of a newer format.
    public static let invalidModel = Code(rawValue: "invalidModel")
    /// A preset that does not exist.
    public static let unknownPreset = Code(rawValue: "unknownPreset")
    /// Sampling settings out of range.
    public static let invalidRequest = Code(rawValue: "invalidRequest")
    /// The model or a program for it does not fit into the memory there is or that was allowed.
    public static let outOfMemory = Code(rawValue: "outOfMemory")
    /// A picture or sound that cannot be encoded in the format asked for.
    public static let cannotEncode = Code(rawValue: "cannotEncode")
  }

  /// Kind of failure.
  public var code: Code
  /// What, where and what to do.
  public var message: String

  /// An error with its text.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
