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
  /// the CPU backend. A software Vulkan device, and one that gives kernels fewer than eight storage
  /// buffers, runs only when it is asked for.
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
    guard let best = DeviceDescription.automatic(among: devices) else {
      return (CPUBackend(), DeviceDescription.obstacle(among: devices))
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

  /// Storage buffers that the kernels with most of them have. Vulkan guarantees four.
  private static let neededBuffers = CompilePasses.epilogueBuffers

  /// The device to use when none is asked for: the best hardware that runs every kernel.
  package static func automatic(among devices: [DeviceDescription]) -> DeviceDescription? {
    preferred(
      among: devices.filter {
        $0.isHardware && $0.limits.maxPerStageDescriptorStorageBuffers >= neededBuffers
      })
  }

  /// Why ``automatic(among:)`` finds none.
  package static func obstacle(among devices: [DeviceDescription]) -> String {
    let hardware = devices.filter(\.isHardware)
    if !hardware.isEmpty {
      let list = hardware.map {
        "\($0.name) allows \($0.limits.maxPerStageDescriptorStorageBuffers)"
      }
      return "kernels use up to \(neededBuffers) storage buffers, "
        + list.joined(separator: ", ")
    }
    let software = devices.map(\.name).joined(separator: ", ")
    return software.isEmpty ? "no Vulkan device" : "only software Vulkan devices: \(software)"
  }
}
