import Foundation
import Testing
import VulkanCompute

@Suite("Choice of device")
struct DeviceChoiceTests {
  let devices = [
    DeviceDescription(index: 0, name: "llvmpipe", kind: .software, memoryByteCount: 64 << 30),
    DeviceDescription(index: 1, name: "Radeon 780M", kind: .integrated, memoryByteCount: 16 << 30),
    DeviceDescription(index: 2, name: "Radeon RX 6600", kind: .discrete, memoryByteCount: 8 << 30),
    DeviceDescription(index: 3, name: "GeForce 4090", kind: .discrete, memoryByteCount: 24 << 30),
    DeviceDescription(index: 4, name: "Radeon", kind: .virtual, memoryByteCount: 99 << 30),
  ]

  @Test func discreteWithMostMemoryComesFirst() {
    #expect(DeviceDescription.preferred(among: devices)?.index == 3)
    #expect(DeviceDescription.preferred(among: devices.reversed())?.index == 3)
    #expect(DeviceDescription.preferred(among: Array(devices[0..<2]))?.index == 1)
    #expect(DeviceDescription.preferred(among: [devices[0]])?.index == 0)
    #expect(DeviceDescription.preferred(among: []) == nil)
  }

  @Test(arguments: [("1", 1), ("geforce", 3), ("rx 66", 2), ("radeon", 4)])
  func matchesByIndexOrName(text: String, index: Int) throws {
    #expect(try DeviceDescription.matching(text, among: devices).index == index)
  }

  @Test(arguments: ["9", "Arc", "Ra"])
  func refusesWhatNamesNoneOrSeveral(text: String) {
    let error = #expect(throws: VulkanError.self) {
      try DeviceDescription.matching(text, among: devices)
    }
    #expect(error?.code == .unknownDevice)
    #expect(error?.remedy.contains("3: GeForce 4090") == true)
  }

  @Test func withoutALibraryTheErrorSaysWhatToDo() {
    var options = Device.Options()
    options.libraryPath = "/nowhere/libvulkan.so.1"
    let error = #expect(throws: VulkanError.self) { try Device.descriptions(options) }
    #expect(error?.code == .unavailable)
    #expect(error?.cause.contains("/nowhere/libvulkan.so.1") == true)
    #expect(error?.description.contains("use the CPU") == true)
  }

  @Test(.enabled(if: TestDevice.isAvailable)) func descriptionsAreComplete() throws {
    for device in try Device.descriptions() {
      #expect(!device.name.isEmpty && !device.driverName.isEmpty)
      #expect(device.deviceUUID.count == 32 && device.driverUUID.count == 32)
      #expect(device.memoryByteCount > 1 << 28)
      #expect(device.features.subgroupSize > 0)
    }
  }

  /// Where validation is what a run of the tests is for, a layer that cannot be loaded fails it.
  @Test(
    "validated where that is demanded",
    .enabled(if: ProcessInfo.processInfo.environment["VAMEN_REQUIRE_VALIDATION"] != nil))
  func isValidated() throws {
    #expect(try TestDevice.shared().isValidating)
  }
}
