import CVulkan

/// Vulkan itself, with or without the validation layer.
///
/// Unchecked: the handle and the function table are set once, and Vulkan's instance functions
/// used here need no external synchronization.
final class Instance: @unchecked Sendable {
  let library: Library
  let handle: VkInstance
  let functions: CVulkanInstanceFunctions
  /// Collects messages when validation is on.
  let validation: ValidationLog?
  private var messenger: VkDebugUtilsMessengerEXT = 0

  static let apiVersion: UInt32 = 1 << 22 | 2 << 12
  private static let validationLayer = "VK_LAYER_KHRONOS_validation"

  init(_ options: Device.Options) throws {
    let validation = options.validation
    library =
      try options.entryPoint.map { Library(entryPoint: $0()) }
      ?? Library.open(path: options.libraryPath)
    let extensions = try library.instanceExtensions(layer: nil)
    var wanted = ["VK_KHR_portability_enumeration"].filter(extensions.contains)
    let portable = !wanted.isEmpty
    var layerExtensions: [String] = []
    if validation {
      guard try library.layers().contains(Self.validationLayer) else {
        throw VulkanError(
          .validationUnavailable, "Vulkan's validation layer is not installed",
          remedy: "install it (Debian: vulkan-validationlayers) or turn validation off")
      }
      layerExtensions = try library.instanceExtensions(layer: Self.validationLayer)
      wanted += ["VK_EXT_debug_utils", "VK_EXT_validation_features"].filter {
        extensions.contains($0) || layerExtensions.contains($0)
      }
    }
    let log = validation ? ValidationLog(options.onValidationMessage) : nil
    self.validation = log
    let library = library
    let created = try withCallArena { arena in
      var application = VkApplicationInfo()
      application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO
      application.pApplicationName = arena.store("VAmEn")
      application.apiVersion = Self.apiVersion
      var info = VkInstanceCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO
      info.pApplicationInfo = UnsafePointer(arena.store(application))
      info.enabledExtensionCount = UInt32(wanted.count)
      info.ppEnabledExtensionNames = arena.store(wanted)
      if portable { info.flags = 1 }  // VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR
      if let log {
        info.enabledLayerCount = 1
        info.ppEnabledLayerNames = arena.store([Self.validationLayer])
        var features = VkValidationFeaturesEXT()
        features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT
        features.enabledValidationFeatureCount = 1
        features.pEnabledValidationFeatures = UnsafePointer(
          arena.store([VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT]))
        var settings = log.messengerSettings
        settings.pNext = UnsafeRawPointer(arena.store(features))
        info.pNext = UnsafeRawPointer(arena.store(settings))
      }
      let create = try library.function("vkCreateInstance", as: PFN_vkCreateInstance.self)
      var instance: VkInstance?
      let result = create(&info, nil, &instance)
      guard result == VK_SUCCESS, let instance else {
        throw VulkanError(
          .unavailable, "Vulkan cannot start", remedy: "install a Vulkan driver or use the CPU",
          cause: "vkCreateInstance: \(result.rawValue)")
      }
      return instance
    }
    handle = created
    let table = UnsafeMutablePointer<CVulkanInstanceFunctions>.allocate(capacity: 1)
    defer { table.deallocate() }
    if let missing = cvulkan_load_instance_functions(library.getInstanceProcAddr, created, table) {
      if let destroy = try? library.function(
        "vkDestroyInstance", of: created, as: PFN_vkDestroyInstance.self)
      {
        destroy(created, nil)
      }
      throw VulkanError(
        .unavailable, "the Vulkan library has no function \(String(cString: missing))",
        remedy: "install a Vulkan 1.2 loader and driver, or use the CPU")
    }
    functions = table.pointee
    if let log {
      let create = try library.function(
        "vkCreateDebugUtilsMessengerEXT", of: created, as: PFN_vkCreateDebugUtilsMessengerEXT.self)
      var settings = log.messengerSettings
      try check(create(created, &settings, nil, &messenger), "creating the validation messenger")
    }
  }

  deinit {
    if messenger != 0,
      let destroy = try? library.function(
        "vkDestroyDebugUtilsMessengerEXT", of: handle,
        as: PFN_vkDestroyDebugUtilsMessengerEXT.self)
    {
      destroy(handle, messenger, nil)
    }
    functions.vkDestroyInstance(handle, nil)
  }

  /// Every physical device, usable or not, in the loader's order.
  func physicalDevices() throws -> [VkPhysicalDevice] {
    var count: UInt32 = 0
    let result = functions.vkEnumeratePhysicalDevices(handle, &count, nil)
    // Without any driver the loader fails here instead of returning none.
    if result == VK_ERROR_INITIALIZATION_FAILED { return [] }
    try check(result, "counting devices")
    var devices = [VkPhysicalDevice?](repeating: nil, count: Int(count))
    try check(
      functions.vkEnumeratePhysicalDevices(handle, &count, &devices), "listing devices")
    return devices.compactMap { $0 }
  }

  /// Names of a device's extensions.
  func extensions(of device: VkPhysicalDevice) throws -> Set<String> {
    var count: UInt32 = 0
    try check(
      functions.vkEnumerateDeviceExtensionProperties(device, nil, &count, nil),
      "counting a device's extensions")
    var properties = [VkExtensionProperties](repeating: .init(), count: Int(count))
    try check(
      functions.vkEnumerateDeviceExtensionProperties(device, nil, &count, &properties),
      "listing a device's extensions")
    return Set(properties.map { text(inTuple: $0.extensionName) })
  }
}

extension Library {
  fileprivate func layers() throws -> [String] {
    let list = try function(
      "vkEnumerateInstanceLayerProperties", as: PFN_vkEnumerateInstanceLayerProperties.self)
    var count: UInt32 = 0
    try check(list(&count, nil), "counting layers")
    var properties = [VkLayerProperties](repeating: .init(), count: Int(count))
    try check(list(&count, &properties), "listing layers")
    return properties.map { text(inTuple: $0.layerName) }
  }

  fileprivate func instanceExtensions(layer: String?) throws -> [String] {
    let list = try function(
      "vkEnumerateInstanceExtensionProperties", as: PFN_vkEnumerateInstanceExtensionProperties.self)
    var count: UInt32 = 0
    try check(list(layer, &count, nil), "counting instance extensions")
    var properties = [VkExtensionProperties](repeating: .init(), count: Int(count))
    try check(list(layer, &count, &properties), "listing instance extensions")
    return properties.map { text(inTuple: $0.extensionName) }
  }
}
