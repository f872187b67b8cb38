import DeviceTurns
import Testing

/// Lets each test of a suite run when it is its turn to use devices.
struct DeviceTurn: TestTrait, SuiteTrait, TestScoping {
  /// Whether the test opens or closes devices, or makes calls fail.
  let alone: Bool
  let isRecursive = true

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await DeviceTurns.shared.take(alone: alone, function)
  }
}

extension Trait where Self == DeviceTurn {
  /// The test opens or closes devices, or makes calls fail.
  static var opensDevices: Self { DeviceTurn(alone: true) }
  /// The test uses devices that were opened before.
  static var sharesDevices: Self { DeviceTurn(alone: false) }
}
