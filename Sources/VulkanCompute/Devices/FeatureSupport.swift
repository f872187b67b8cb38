import CVulkan

/// Optional features as the driver reports them, and as a device turns them on.
struct FeatureSupport {
  let core: VkPhysicalDeviceFeatures
  let vulkan11: VkPhysicalDeviceVulkan11Features
  let vulkan12: VkPhysicalDeviceVulkan12Features

  init(of device: VkPhysicalDevice, _ instance: Instance) {
    (core, vulkan11, vulkan12) = withCallArena { arena in
      let v12 = arena.store(VkPhysicalDeviceVulkan12Features())
      v12.pointee.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES
      let v11 = arena.store(VkPhysicalDeviceVulkan11Features())
      v11.pointee.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES
      v11.pointee.pNext = UnsafeMutableRawPointer(v12)
      var features = VkPhysicalDeviceFeatures2()
      features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2
      features.pNext = UnsafeMutableRawPointer(v11)
      instance.functions.vkGetPhysicalDeviceFeatures2(device, &features)
      return (features.features, v11.pointee, v12.pointee)
    }
  }

  /// The features as the public description states them.
  func features(
    subgroup: VkPhysicalDeviceVulkan11Properties, timestamps: Bool, memoryBudget: Bool
  ) -> DeviceFeatures {
    let inCompute = subgroup.subgroupSupportedStages & VK_SHADER_STAGE_COMPUTE_BIT.rawValue != 0
    let operations = inCompute ? subgroup.subgroupSupportedOperations : 0
    var features = DeviceFeatures()
    features.storage16Bit = vulkan11.storageBuffer16BitAccess != 0
    features.float16 = vulkan12.shaderFloat16 != 0
    features.storage8Bit = vulkan12.storageBuffer8BitAccess != 0
    features.integer8 = vulkan12.shaderInt8 != 0
    features.integer16 = core.shaderInt16 != 0
    features.integer64 = core.shaderInt64 != 0
    features.subgroupSize = Int(subgroup.subgroupSize)
    features.minSubgroupSize = Int(subgroup.subgroupSize)
    features.subgroupArithmetic = operations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT.rawValue != 0
    features.subgroupShuffle = operations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT.rawValue != 0
    features.timestamps = timestamps
    features.memoryBudget = memoryBudget
    return features
  }

  /// The chain that turns on what ``DeviceFeatures`` describes, where it is supported.
  func enabling(in arena: inout CallArena) -> UnsafeMutablePointer<VkPhysicalDeviceFeatures2> {
    var v12 = VkPhysicalDeviceVulkan12Features()
    v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES
    v12.timelineSemaphore = 1
    v12.shaderFloat16 = vulkan12.shaderFloat16
    v12.shaderInt8 = vulkan12.shaderInt8
    v12.storageBuffer8BitAccess = vulkan12.storageBuffer8BitAccess
    v12.vulkanMemoryModel = vulkan12.vulkanMemoryModel
    v12.vulkanMemoryModelDeviceScope = vulkan12.vulkanMemoryModelDeviceScope
    v12.scalarBlockLayout = vulkan12.scalarBlockLayout
    var v11 = VkPhysicalDeviceVulkan11Features()
    v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES
    v11.storageBuffer16BitAccess = vulkan11.storageBuffer16BitAccess
    v11.pNext = UnsafeMutableRawPointer(arena.store(v12))
    var features = VkPhysicalDeviceFeatures2()
    features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2
    features.features.shaderInt16 = core.shaderInt16
    features.features.shaderInt64 = core.shaderInt64
    features.pNext = UnsafeMutableRawPointer(arena.store(v11))
    return arena.store(features)
  }
}
