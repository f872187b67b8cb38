/// What went wrong outside the program's own logic: a file, a device, memory.
public struct TensorError: Error, Sendable, CustomStringConvertible {
  /// Kind of failure; open, so that new kinds do not break switches.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// Stable text of the code.
    public let rawValue: String
    /// A code from its text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A file is missing, unreadable, damaged or of a foreign format.
    public static let invalidFile = Code(rawValue: "invalidFile")
    /// A file could not be written.
    public static let cannotWrite = Code(rawValue: "cannotWrite")
    /// No device of that name.
    public static let unknownDevice = Code(rawValue: "unknownDevice")
    /// The device failed or refused.
    public static let device = Code(rawValue: "device")
    /// The device lacks an optional ability that was asked for.
    public static let unsupported = Code(rawValue: "unsupported")
    /// Not enough memory.
    public static let outOfMemory = Code(rawValue: "outOfMemory")
    /// Parameters that are missing, unused or of the wrong shape.
    public static let parameterMismatch = Code(rawValue: "parameterMismatch")
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
