import TensorKernels
package import VulkanCompute

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What tuning found on a device, kept in the folder of its pipelines.
///
/// `tuning-1-DEVICE-DRIVER.json`: device and driver by UUID, the driver's version, a hash of all
/// kernels, and the products with their tiles and times. A file that is damaged, or of another
/// device, driver or version of the kernels, is ignored with a note. Writing replaces the file
/// whole and keeps what other processes added meanwhile; of two that write at the same moment one
/// may lose its additions, and measures them again another time.
package struct TuningFile {
  /// Whose times they are.
  package struct Identity: Codable, Hashable {
    var device: String
    var driver: String
    var driverVersion: String
    var kernels: String

    /// The identity of a device, and of the kernels that it was measured with.
    package init(_ description: DeviceDescription, kernels: [Kernel]) {
      device = description.deviceUUID
      driver = description.driverUUID
      driverVersion = description.driverVersion
      let hash = kernels.map(\.digest).reduce(UInt64(1)) { ($0 ^ $1) &* 0x100_0000_01b3 }
      self.kernels = String(hash, radix: 16)
    }
  }

  private struct Content: Codable {
    var format: String
    var identity: Identity
    var products: [TunedProduct]
  }

  private static let format = "vamen-tuning-1"
  private let folder: PipelineCacheFolder
  private let identity: Identity

  /// The file of an identity in a folder.
  package init(_ folder: PipelineCacheFolder, identity: Identity) {
    self.folder = folder
    self.identity = identity
  }

  init(for device: Device) {
    self.init(
      device.cacheFolder, identity: Identity(device.description, kernels: everyKernel))
  }

  private var name: String { "tuning-1-\(identity.device)-\(identity.driver).json" }

  /// What was found before, and why a file was ignored.
  package func read() -> (products: [TunedProduct], note: String?) {
    do {
      guard let bytes = try folder.read(name) else { return ([], nil) }
      guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
        return ([], ignored("is damaged"))
      }
      guard content.format == Self.format, content.identity == identity else {
        return ([], ignored("belongs to another device, driver or version"))
      }
      return (content.products, nil)
    } catch {
      return ([], ignored("cannot be read: \(error)"))
    }
  }

  private func ignored(_ why: String) -> String {
    "ignored the tuning file \(folder.path(of: name) ?? name): it \(why)"
  }

  /// Adds products, replacing those of the same problem; a failure is a note, because the work
  /// itself does not need the file.
  package func add(_ products: [TunedProduct]) -> String? {
    guard !products.isEmpty else { return nil }
    var all: [ProductProblem: TunedProduct] = [:]
    for product in read().products + products { all[product.problem] = product }
    let content = Content(
      format: Self.format, identity: identity,
      products: all.values.sorted { "\($0.problem)" < "\($1.problem)" })
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      try folder.write(Array(encoder.encode(content)), to: name)
      return nil
    } catch {
      return "the tuning file was not kept: \(error)"
    }
  }
}
