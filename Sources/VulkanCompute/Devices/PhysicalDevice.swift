import CVulkan

/// A device as the driver describes it, before it is opened.
///
/// Unchecked: handles owned by the instance, which it keeps alive; only read.
struct PhysicalDevice: @unchecked Sendable {
  let instance: Instance
  let handle: VkPhysicalDevice
  let queueFamily: UInt32
  let extensions: Set<String>
  /// Identifies what a pipeline cache is good for.
  let cacheIdentity: CacheIdentity
  let limits: DeviceLimits
  let timestampNanoseconds: Double
  let timestampBits: UInt32
  var description: DeviceDescription

  /// Devices with Vulkan 1.2 and a queue for compute work, numbered in the loader's order.
  static func all(of instance: Instance) throws -> [PhysicalDevice] {
    var devices: [PhysicalDevice] = []
    for handle in try instance.physicalDevices() {
      guard var device = try PhysicalDevice(handle, of: instance) else { continue }
      device.description.index = devices.count
      devices.append(device)
    }
    return devices
  }

  /// Fails where the device is too old or computes nothing.
  private init?(_ handle: VkPhysicalDevice, of instance: Instance) throws {
    var basic = VkPhysicalDeviceProperties()
    instance.functions.vkGetPhysicalDeviceProperties(handle, &basic)
    guard basic.apiVersion >= Instance.apiVersion else { return nil }
    let families = Self.queueFamilies(of: handle, instance)
    guard let family = Self.computeFamily(among: families) else { return nil }
    let support = FeatureSupport(of: handle, instance)
    guard support.vulkan12.timelineSemaphore != 0 else { return nil }

    self.instance = instance
    self.handle = handle
    queueFamily = UInt32(family)
    extensions = try instance.extensions(of: handle)
    timestampBits = families[family].timestampValidBits

    let (properties, v11, v12) = Self.properties(of: handle, instance)
    timestampNanoseconds = Double(properties.limits.timestampPeriod)
    let memory = DeviceMemoryInformation(
      of: handle, instance, budget: extensions.contains("VK_EXT_memory_budget"))
    limits = DeviceLimits(properties.limits, v11, memoryByteCount: memory.largestHeap)
    cacheIdentity = CacheIdentity(
      vendor: properties.vendorID, device: properties.deviceID,
      pipelineCacheUUID: bytes(inTuple: properties.pipelineCacheUUID))
    description = DeviceDescription(
      index: 0, name: text(inTuple: properties.deviceName),
      kind: .init(properties.deviceType), vendor: Self.vendorName(properties.vendorID),
      driverName: text(inTuple: v12.driverName), driverVersion: text(inTuple: v12.driverInfo),
      deviceUUID: hexadecimal(bytes(inTuple: v11.deviceUUID)),
      driverUUID: hexadecimal(bytes(inTuple: v11.driverUUID)),
      memoryByteCount: memory.largestHeap, apiVersion: Self.version(properties.apiVersion),
      features: support.features(
        subgroup: v11, timestamps: timestampBits > 0 && timestampNanoseconds > 0,
        memoryBudget: extensions.contains("VK_EXT_memory_budget")),
      limits: limits)
    if extensions.contains("VK_EXT_subgroup_size_control") {
      description.features.minSubgroupSize = Self.minSubgroupSize(of: handle, instance)
    }
  }

  /// Asked for only where the extension is.
  private static func minSubgroupSize(of handle: VkPhysicalDevice, _ instance: Instance) -> Int {
    withCallArena { arena in
      let control = arena.store(VkPhysicalDeviceSubgroupSizeControlProperties())
      control.pointee.sType =
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES
      var properties = VkPhysicalDeviceProperties2()
      properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2
      properties.pNext = UnsafeMutableRawPointer(control)
      instance.functions.vkGetPhysicalDeviceProperties2(handle, &properties)
      return Int(control.pointee.minSubgroupSize)
    }
  }

  private static func queueFamilies(
    of handle: VkPhysicalDevice, _ instance: Instance
  ) -> [VkQueueFamilyProperties] {
    var count: UInt32 = 0
    instance.functions.vkGetPhysicalDeviceQueueFamilyProperties(handle, &count, nil)
    var families = [VkQueueFamilyProperties](repeating: .init(), count: Int(count))
    instance.functions.vkGetPhysicalDeviceQueueFamilyProperties(handle, &count, &families)
    return families
  }

  /// A family without graphics where there is one: the desktop keeps drawing, and some drivers
  /// allow longer work there.
  private static func computeFamily(among families: [VkQueueFamilyProperties]) -> Int? {
    let compute = families.indices.filter {
      families[$0].queueFlags & VK_QUEUE_COMPUTE_BIT.rawValue != 0 && families[$0].queueCount > 0
    }
    return compute.first {
      families[$0].queueFlags & VK_QUEUE_GRAPHICS_BIT.rawValue == 0
        && families[$0].timestampValidBits > 0
    } ?? compute.first
  }

  private static func properties(
    of handle: VkPhysicalDevice, _ instance: Instance
  ) -> (
    VkPhysicalDeviceProperties, VkPhysicalDeviceVulkan11Properties,
    VkPhysicalDeviceVulkan12Properties
  ) {
    withCallArena { arena in
      let v12 = arena.store(VkPhysicalDeviceVulkan12Properties())
      v12.pointee.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES
      let v11 = arena.store(VkPhysicalDeviceVulkan11Properties())
      v11.pointee.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES
      v11.pointee.pNext = UnsafeMutableRawPointer(v12)
      var properties = VkPhysicalDeviceProperties2()
      properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2
      properties.pNext = UnsafeMutableRawPointer(v11)
      instance.functions.vkGetPhysicalDeviceProperties2(handle, &properties)
      return (properties.properties, v11.pointee, v12.pointee)
    }
  }

  private static func version(_ packed: UInt32) -> String {
    "\(packed >> 22 & 0x7F).\(packed >> 12 & 0x3FF).\(packed & 0xFFF)"
  }

  private static func vendorName(_ id: UInt32) -> String {
    switch id {
    case 0x1002: "AMD"
    case 0x1010: "Imagination"
    case 0x106B: "Apple"
    case 0x10DE: "NVIDIA"
    case 0x13B5: "Arm"
    case 0x1AE0: "Google"
    case 0x5143: "Qualcomm"
    case 0x8086: "Intel"
    case 0x10005: "Mesa"
    default: "vendor 0x" + String(id, radix: 16)
    }
  }
}

/// Two digits per byte.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension DeviceDescription.Kind {
  init(_ type: VkPhysicalDeviceType) {
    switch type {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: self = .discrete
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: self = .integrated
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: self = .virtual
    case VK_PHYSICAL_DEVICE_TYPE_CPU: self = .software
    default: self = .other
    }
  }
}

extension DeviceLimits {
  init(
    _ limits: VkPhysicalDeviceLimits, _ v11: VkPhysicalDeviceVulkan11Properties,
    memoryByteCount: Int
  ) {
    maxStorageBufferRange = Int(limits.maxStorageBufferRange)
    // Any range may be bound as either.
    minStorageBufferOffsetAlignment = Int(
      max(limits.minStorageBufferOffsetAlignment, limits.minUniformBufferOffsetAlignment))
    maxMemoryAllocationSize = Int(clamping: v11.maxMemoryAllocationSize)
    maxMemoryAllocationCount = Int(limits.maxMemoryAllocationCount)
    let count = limits.maxComputeWorkGroupCount
    maxComputeWorkGroupCount = [Int(count.0), Int(count.1), Int(count.2)]
    let size = limits.maxComputeWorkGroupSize
    maxComputeWorkGroupSize = [Int(size.0), Int(size.1), Int(size.2)]
    maxComputeWorkGroupInvocations = Int(limits.maxComputeWorkGroupInvocations)
    maxComputeSharedMemorySize = Int(limits.maxComputeSharedMemorySize)
    maxPushConstantsSize = Int(limits.maxPushConstantsSize)
    maxPerStageDescriptorStorageBuffers = Int(limits.maxPerStageDescriptorStorageBuffers)
    self.memoryByteCount = memoryByteCount
  }
}
