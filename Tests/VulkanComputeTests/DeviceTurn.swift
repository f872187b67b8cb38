import DeviceTurns
import Foundation
import Testing
import VulkanCompute

/// Lets each test of a suite have the devices alone, and, where the environment's `VAMEN_LIMITS`
/// holds devices to lower limits than their own, lets it end with the error that says so.
struct DeviceTurn: TestTrait, SuiteTrait, TestScoping {
  let isRecursive = true

  private static let hasLowerLimits = ProcessInfo.processInfo.environment["VAMEN_LIMITS"] != nil

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await DeviceTurns.shared.take(alone: true) {
      do {
        try await function()
      } catch let error as VulkanError where Self.hasLowerLimits && error.isDocumentedRefusal {
        print("refused: \(test.name): \(error)")
      }
    }
  }
}

extension VulkanError {
  /// Whether it says which limit is in the way and what to do.
  fileprivate var isDocumentedRefusal: Bool {
    (code == .limitExceeded || code == .notEnoughMemory) && !message.isEmpty && !remedy.isEmpty
  }
}

extension Trait where Self == DeviceTurn {
  /// The test opens or closes devices, or makes calls fail.
  static var opensDevices: Self { DeviceTurn() }
}
