import Synchronization

/// A device that runs compiled graphs.
///
/// ```swift
/// let device = try Device()                      // the preferred one
/// let other = try Device(matching: "radeon")     // an index or part of a name
/// ```
///
/// A device may be used from several threads. Buffers and compiled graphs keep it open.
public final class Device: Sendable {
  /// How a device is opened.
  public struct Options: Sendable {
    /// Turns on Vulkan's validation layer, with synchronization validation; also turned on by the
    /// environment's `VAMEN_VALIDATION=1`.
    public var validation = Platform.environment("VAMEN_VALIDATION") == "1"
    /// Opens this Vulkan library instead of the installed one; also set by the environment's
    /// `VAMEN_VULKAN_LIBRARY`.
    public var libraryPath: String?
    /// Where compiled pipelines are kept between runs.
    public var pipelineCache = PipelineCacheFolder.standard
    /// Seconds of work after which a graph starts a new submission: 0.05, or the milliseconds in the
    /// environment's `VAMEN_SUBMISSION_MS`. See ``CompileOptions/secondsPerSubmission``.
    public var secondsPerSubmission = defaultSecondsPerSubmission
    /// Lets the driver keep what it knows of compiled kernels, for
    /// `compilation(of:specialization:)`. Compiling takes longer.
    public var capturesCompilation = false
    /// Limits below the device's own that work is held to, as `name=number` by commas; also set by
    /// the environment's `VAMEN_LIMITS`. For seeing how a smaller device would do.
    public var lowerLimits = Platform.environment("VAMEN_LIMITS")
    /// Changes the limits that work is held to; for tests.
    public var adjustLimits: @Sendable (inout DeviceLimits) -> Void = { _ in }

    /// Checks of the library on itself; for tests.
    package var verification = SelfVerification()
    /// Gives the address of a `vkGetInstanceProcAddr` to use instead of a library's; for tests.
    package var entryPoint: (@Sendable () -> UnsafeMutableRawPointer)?
    /// Told what the validation layer reports, also after the device was closed; for tests.
    package var onValidationMessage: (@Sendable (String) -> Void)?

    private static var defaultSecondsPerSubmission: Double {
      let milliseconds = Platform.environment("VAMEN_SUBMISSION_MS").flatMap { Double($0) } ?? 50
      return milliseconds > 0 ? milliseconds / 1000 : 0.05
    }

    /// The usual options.
    public init() {}

    /// The usual options, with validation.
    public static var validating: Options {
      var options = Options()
      options.validation = true
      return options
    }
  }

  /// What the driver says about the device.
  public let description: DeviceDescription
  /// Limits that work is held to.
  public let limits: DeviceLimits

  /// Where pipelines and measured choices are kept between runs.
  package let cacheFolder: PipelineCacheFolder
  let secondsPerSubmission: Double
  private let lowerLimits: String?
  let logical: LogicalDevice
  let pipelines: PipelineStore
  let staging: Staging
  private let rateFile: RateFile
  /// How many times faster the device is than supposed for its kind, and what to say about it.
  private let speed: Mutex<(factor: Double, notes: [String])>

  /// Every usable device.
  ///
  /// - Throws: ``VulkanError`` of code `unavailable` where there is no Vulkan.
  public static func descriptions(_ options: Options = .init()) throws -> [DeviceDescription] {
    let instance = try Instance(options)
    return try PhysicalDevice.all(of: instance).map(\.description)
  }

  /// Opens the device that ``DeviceDescription/preferred(among:)`` chooses.
  public convenience init(options: Options = .init()) throws {
    try self.init(options: options) { DeviceDescription.preferred(among: $0) }
  }

  /// Opens the device with an index, or the only one whose name contains the text.
  public convenience init(matching text: String, options: Options = .init()) throws {
    try self.init(options: options) { try DeviceDescription.matching(text, among: $0) }
  }

  /// Opens a device listed by ``descriptions(_:)``.
  public convenience init(_ description: DeviceDescription, options: Options = .init()) throws {
    try self.init(options: options) { devices in
      devices.first { $0.deviceUUID == description.deviceUUID && $0.index == description.index }
    }
  }

  private init(
    options: Options, choose: ([DeviceDescription]) throws -> DeviceDescription?
  ) throws {
    let instance = try Instance(options)
    let devices = try PhysicalDevice.all(of: instance)
    guard !devices.isEmpty, let chosen = try choose(devices.map(\.description)) else {
      throw VulkanError(
        .noDevice, "there is no device with Vulkan 1.2 or later",
        remedy: "install a driver (Debian: mesa-vulkan-drivers) or use the CPU")
    }
    let physical = devices[chosen.index]
    var limits = physical.limits
    if let list = options.lowerLimits { try limits.lower(to: list) }
    options.adjustLimits(&limits)
    description = physical.description
    self.limits = limits
    secondsPerSubmission = options.secondsPerSubmission
    lowerLimits = options.lowerLimits
    cacheFolder = options.pipelineCache
    logical = try LogicalDevice(
      physical, limits: limits, verification: options.verification,
      capturesCompilation: options.capturesCompilation)
    pipelines = try PipelineStore(logical, folder: options.pipelineCache)
    staging = Staging(logical)
    rateFile = RateFile(
      path: options.pipelineCache.path.map {
        "\($0)/rate-1-\(physical.description.deviceUUID)-\(physical.description.driverUUID).txt"
      })
    var notes: [String] = []
    let factor = rateFile.read(notes: &notes)
    speed = Mutex((factor, notes))
  }

  /// How fast the device is taken to be: what earlier programs measured, or a slow one of its kind.
  var workRate: WorkRate {
    WorkRate(slowestOf: description.kind).scaled(by: speed.withLock { $0.factor })
  }

  /// When a dispatch is run in parts. What was measured may have been overhead, or a busy machine:
  /// cutting into submissions is corrected after the first runs, parts are not. So the device is
  /// taken to be no slower than the slowest of its kind; and since nobody resets a software device or
  /// waits for it to draw, its parts may last a second.
  func splitting(_ options: CompileOptions) -> (rate: WorkRate, seconds: Double) {
    let rate = WorkRate(slowestOf: description.kind)
      .scaled(by: max(1, speed.withLock { $0.factor }))
    if let seconds = options.secondsPerSubmission { return (rate, seconds) }
    let least = description.kind == .software ? 1.0 : 0
    return (rate, max(secondsPerSubmission, least))
  }

  /// Remembers, for this and later processes, how long work took that was estimated. Work too short
  /// to say anything is left out.
  func learn(estimated: [Double], at rate: WorkRate, measured: [Double]) {
    let (expected, actual) = (estimated.reduce(0, +), measured.reduce(0, +))
    guard actual > 1e-3, expected > 0 else { return }
    let supposed = rate.arithmetic / WorkRate(slowestOf: description.kind).arithmetic
    let factor = supposed * expected / actual
    speed.withLock { $0.factor = factor }
    rateFile.write(factor)
  }

  /// Makes a buffer with an allocation of its own; its bytes are undefined.
  ///
  /// - Throws: ``VulkanError`` of code `notEnoughMemory` or `limitExceeded`, naming bytes and label.
  public func makeBuffer(
    byteCount: Int, kind: Buffer.Kind = .deviceLocal, label: String = ""
  ) throws -> Buffer {
    try Buffer(logical, byteCount: byteCount, kind: kind, label: label)
  }

  /// Device memory that a new buffer or graph may count on, in bytes.
  public var availableMemoryByteCount: Int {
    logical.availableMemory(heap: logical.heap(of: .deviceLocal))
  }

  /// What the validation layer has reported since the device was opened.
  public var validationMessages: [String] { logical.instance.validation?.all ?? [] }

  /// Whether the validation layer watches this device.
  public var isValidating: Bool { logical.instance.validation != nil }

  /// What a user should know: that validation slows the device down, that a damaged pipeline cache
  /// was ignored.
  public var notes: [String] {
    (isValidating ? ["Vulkan's validation layer watches \(description.name)"] : [])
      + (lowerLimits.map { ["\(description.name) is held to lower limits: \($0)"] } ?? [])
      + pipelines.notes + speed.withLock { $0.notes }
  }

  /// How long a submission may make no progress: software devices are slow, not stuck.
  var defaultPatience: Double { description.kind == .software ? 900 : 60 }
}
