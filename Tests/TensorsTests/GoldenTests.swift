import BreakbeatTraining
import Foundation
import Testing

/// Every golden case on every device.
@Suite("Golden files")
struct GoldenTests {
  @Test("golden case", .sharesDevices, arguments: GoldenFolder.cases, TestDevice.all)
  func passes(_ golden: ConformanceCase, on device: TestDevice) {
    let result = golden.run(on: device.backend)
    let isRefused = TestDevice.hasLowerLimits && result.isTooLarge
    #expect(result.status == .pass || isRefused, "\(device): \(result.line)")
    device.expectNoMisuse(after: golden.description)
  }

  @Test("the golden files are there")
  func areFound() {
    print("golden files: \(GoldenFolder.path)\(GoldenFolder.isComplete ? "" : GoldenFolder.remark)")
    #expect(!GoldenFolder.cases.isEmpty)
  }

  @Test("devices covered")
  func coveredDevices() {
    let names = TestDevice.all.map { device in
      device.validationMessages() == nil ? device.description : "\(device) (validated)"
    }
    print("devices covered: \(names.joined(separator: ", "))")
    if getenv("VAMEN_REQUIRE_VALIDATION") != nil {
      #expect(names.allSatisfy { $0 == "CPU" || $0.hasSuffix("(validated)") }, "\(names)")
    }
    #expect(names.contains("CPU") || TestDevice.isRestricted)
    #expect(TestDevice.failures.isEmpty, "\(TestDevice.failures)")
  }
}

extension TestDevice {
  /// Expects that the validation layer has had nothing to say so far.
  func expectNoMisuse(after work: String) {
    let messages = validationMessages() ?? []
    #expect(messages.isEmpty, "\(description), by the end of \(work): \(messages.prefix(3))")
  }
}
