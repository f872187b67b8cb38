/// What there is to know about a device before using it.
public struct DeviceDescription: Sendable, Hashable, Codable {
  /// How a device is built in, which decides how it is preferred.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A graphics card with memory of its own.
    case discrete
    /// A GPU that shares the processor's memory.
    case integrated
    /// A GPU lent to a virtual machine.
    case virtual
    /// Something else that is not the processor.
    case other
    /// The processor, posing as a GPU.
    case software
  }

  /// Position in the list of usable devices.
  public var index: Int
  /// The driver's name for the device.
  public var name: String
  /// How it is built in.
  public var kind: Kind
  /// PCI vendor, by name where it is a known one.
  public var vendor: String
  /// The driver's name.
  public var driverName: String
  /// The driver's version, in its own words.
  public var driverVersion: String
  /// Identifies the device across processes, in hexadecimal digits.
  public var deviceUUID: String
  /// Identifies the driver's build, in hexadecimal digits.
  public var driverUUID: String
  /// Size of the largest heap of device memory.
  public var memoryByteCount: Int
  /// Vulkan version, such as 1.3.230.
  public var apiVersion: String
  /// Optional abilities that a ``Device`` turns on.
  public var features: DeviceFeatures
  /// What the driver allows.
  public var limits: DeviceLimits

  /// Makes a description, for tests of device choice.
  public init(
    index: Int, name: String, kind: Kind, vendor: String = "", driverName: String = "",
    driverVersion: String = "", deviceUUID: String = "", driverUUID: String = "",
    memoryByteCount: Int, apiVersion: String = "1.2.0", features: DeviceFeatures = .init(),
    limits: DeviceLimits = .init()
  ) {
    self.index = index
    self.name = name
    self.kind = kind
    self.vendor = vendor
    self.driverName = driverName
    self.driverVersion = driverVersion
    self.deviceUUID = deviceUUID
    self.driverUUID = driverUUID
    self.memoryByteCount = memoryByteCount
    self.apiVersion = apiVersion
    self.features = features
    self.limits = limits
  }
}

/// Optional abilities of a device that are turned on where it has them.
public struct DeviceFeatures: Sendable, Hashable, Codable {
  /// Storage buffers may hold 16-bit values.
  public var storage16Bit = false
  /// Shaders may compute with 16-bit floating-point numbers.
  public var float16 = false
  /// Storage buffers may hold 8-bit values.
  public var storage8Bit = false
  /// Shaders may compute with 8-bit integers.
  public var integer8 = false
  /// Shaders may compute with 16-bit integers.
  public var integer16 = false
  /// Shaders may compute with 64-bit integers.
  public var integer64 = false
  /// Invocations that run in step, by default.
  public var subgroupSize = 1
  /// The fewest invocations that a driver may let run in step; ``subgroupSize`` where it does not
  /// say.
  public var minSubgroupSize = 1
  /// Compute shaders may exchange values by arithmetic reductions within a subgroup.
  public var subgroupArithmetic = false
  /// Compute shaders may exchange values by shuffles within a subgroup.
  public var subgroupShuffle = false
  /// The queue can tell when each step ended.
  public var timestamps = false
  /// The driver says how much of its memory is free.
  public var memoryBudget = false

  /// No optional ability.
  public init() {}
}
