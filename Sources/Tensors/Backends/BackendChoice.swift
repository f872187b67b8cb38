public import VulkanCompute

/// Which backend runs, and why: printed by every command.
public struct BackendChoice: Sendable {
  /// The chosen backend.
  public let backend: any Backend
  /// One sentence for people.
  public let reason: String

  /// A backend that the caller has chosen.
  public init(_ backend: any Backend, reason: String) {
    self.backend = backend
    self.reason = reason
  }

  /// Chooses by a stated rule.
  ///
  /// `cpu` is the CPU backend; a number or part of a name is that Vulkan device; nothing is the
  /// best Vulkan device that is real hardware (discrete, then integrated; most memory), otherwise
  /// the CPU backend. A software Vulkan device runs only when it is asked for.
  ///
  /// - Throws: ``TensorError`` that lists what there is when the name fits nothing.
  public init(matching name: String? = nil, options: Device.Options = .init()) throws {
    switch name?.lowercased() {
    case "cpu":
      (backend, reason) = (CPUBackend(), "asked for by name")
    case .some:
      do {
        let device = try Device(matching: name ?? "", options: options)
        (backend, reason) = (VulkanBackend(device), "asked for by name")
      } catch {
        let isUnknown = (error as? VulkanError)?.code == .unknownDevice
        throw TensorError(
          isUnknown ? .unknownDevice : .device,
          "device \"\(name ?? "")\": \(error). `cpu` is always available.")
      }
    case nil:
      (backend, reason) = Self.automatic(options)
    }
    if backend is CPUBackend { try CPUInstructionSet.check() }
  }

  /// The same device with other choices of tiles; the CPU has none.
  public func with(_ tileChoices: TileChoices) -> BackendChoice {
    guard let vulkan = backend as? VulkanBackend else { return self }
    return BackendChoice(
      VulkanBackend(vulkan.device, tileChoices: tileChoices), reason: reason)
  }

  private static func automatic(_ options: Device.Options) -> (any Backend, String) {
    let devices: [DeviceDescription]
    do {
      devices = try Device.descriptions(options)
    } catch {
      return (CPUBackend(), "no Vulkan device: \(error)")
    }
    guard let best = DeviceDescription.preferred(among: devices.filter(\.isHardware)) else {
      let software = devices.map(\.name).joined(separator: ", ")
      return (
        CPUBackend(),
        software.isEmpty ? "no Vulkan device" : "only software Vulkan devices: \(software)"
      )
    }
    do {
      return (VulkanBackend(try Device(best, options: options)), "the best hardware device")
    } catch {
      return (CPUBackend(), "\(best.name) could not be opened: \(error)")
    }
  }
}

extension DeviceDescription {
  /// Whether it is a processor of its own rather than a program on the CPU.
  var isHardware: Bool { kind == .discrete || kind == .integrated || kind == .virtual }
}
