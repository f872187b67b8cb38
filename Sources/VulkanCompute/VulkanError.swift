/// What went wrong between this program and a device: what, where, and what to do about it.
public struct VulkanError: Error, Sendable, CustomStringConvertible {
  /// The kind of a failure, for programs; an open set.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The kind's name.
    public let description: String

    /// No usable Vulkan library on this machine: go on with the CPU.
    public static let unavailable = Code(description: "unavailable")
    /// The library is there and finds no device that can be used.
    public static let noDevice = Code(description: "noDevice")
    /// No device has the index or name asked for, or several have.
    public static let unknownDevice = Code(description: "unknownDevice")
    /// Validation was asked for and its layer is not installed.
    public static let validationUnavailable = Code(description: "validationUnavailable")
    /// The device or the host has not enough memory.
    public static let notEnoughMemory = Code(description: "notEnoughMemory")
    /// The work exceeds a limit that the device reports.
    public static let limitExceeded = Code(description: "limitExceeded")
    /// A limit to simulate that there is not, or that no device could have.
    public static let unknownLimit = Code(description: "unknownLimit")
    /// A kernel's embedded code cannot be used.
    public static let badKernel = Code(description: "badKernel")
    /// The driver reset the device or the device vanished.
    public static let deviceLost = Code(description: "deviceLost")
    /// The device made no progress for the whole time allowed.
    public static let timedOut = Code(description: "timedOut")
    /// This library itself is wrong, as its own checks found in a test.
    public static let defect = Code(description: "defect")
    /// Any other failure that a driver reports.
    public static let driver = Code(description: "driver")
  }

  /// The kind of failure.
  public var code: Code
  /// What failed and where, with the values.
  public var message: String
  /// What the user can do.
  public var remedy: String
  /// What the driver or the system said, or empty.
  public var cause: String
  /// Whether a kernel's pipeline could not be made, which may work with other constants.
  package internal(set) var concernsPipeline = false

  /// Makes an error.
  public init(_ code: Code, _ message: String, remedy: String = "", cause: String = "") {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.cause = cause
  }

  /// One line: message, cause and remedy.
  public var description: String {
    var text = message
    if !cause.isEmpty { text += " (\(cause))" }
    if !remedy.isEmpty { text += "; \(remedy)" }
    return text
  }
}
