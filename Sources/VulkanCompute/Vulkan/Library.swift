import CVulkan

/// Vulkan's entry point, found at run time.
struct Library {
  let getInstanceProcAddr:
    @convention(c) (VkInstance?, UnsafePointer<CChar>?) -> PFN_vkVoidFunction?

  private init(
    getInstanceProcAddr:
      @escaping @convention(c) (VkInstance?, UnsafePointer<CChar>?) ->
      PFN_vkVoidFunction?
  ) {
    self.getInstanceProcAddr = getInstanceProcAddr
  }

  /// A library of which only the address of `vkGetInstanceProcAddr` is known.
  init(entryPoint: UnsafeMutableRawPointer) {
    self.init(
      getInstanceProcAddr: unsafeBitCast(entryPoint, to: PFN_vkGetInstanceProcAddr.self))
  }

  #if canImport(Darwin)
    private static let names = [
      "libvulkan.1.dylib", "libvulkan.dylib", "libMoltenVK.dylib",
      "/opt/homebrew/lib/libvulkan.1.dylib", "/usr/local/lib/libvulkan.1.dylib",
      "/opt/homebrew/lib/libMoltenVK.dylib",
    ]
  #else
    private static let names = ["libvulkan.so.1", "libvulkan.so"]
  #endif

  /// Opens the first library that is installed, or only `path` (by default the environment's
  /// `VAMEN_VULKAN_LIBRARY`) when there is one.
  static func open(path: String? = nil) throws -> Library {
    let override = path ?? Platform.environment("VAMEN_VULKAN_LIBRARY")
    var reasons: [String] = []
    for name in override.map({ [$0] }) ?? names {
      switch Platform.symbol("vkGetInstanceProcAddr", inLibrary: name) {
      case .success(let symbol):
        return Library(entryPoint: symbol)
      case .failure(let failure): reasons.append(failure.text)
      }
    }
    throw VulkanError(
      .unavailable, "no Vulkan library can be opened",
      remedy: "install a Vulkan loader and driver (Debian: libvulkan1 and mesa-vulkan-drivers) "
        + "or use the CPU",
      cause: reasons.joined(separator: "; "))
  }

  /// Looks up a function that needs no instance, or one of an extension.
  func function<F>(_ name: String, of instance: VkInstance? = nil, as type: F.Type) throws -> F {
    guard let function = getInstanceProcAddr(instance, name) else {
      throw VulkanError(
        .unavailable, "the Vulkan library has no function \(name)",
        remedy: "install a Vulkan 1.2 loader and driver, or use the CPU")
    }
    return unsafeBitCast(function, to: type)
  }
}
