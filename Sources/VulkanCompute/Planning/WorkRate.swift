/// How fast a device is taken to be, for cutting work into submissions before anything has been
/// measured.
package struct WorkRate: Sendable, Hashable {
  /// Arithmetic operations per second.
  package var arithmetic: Double
  /// Bytes loaded or stored per second.
  package var bytes: Double

  package init(arithmetic: Double, bytes: Double) {
    self.arithmetic = arithmetic
    self.bytes = bytes
  }

  /// A slow device of its kind: submissions come out too short rather than too long.
  init(slowestOf kind: DeviceDescription.Kind) {
    switch kind {
    case .discrete: self.init(arithmetic: 1e12, bytes: 1e11)
    case .integrated, .virtual: self.init(arithmetic: 2e11, bytes: 2e10)
    case .other: self.init(arithmetic: 5e10, bytes: 1e10)
    case .software: self.init(arithmetic: 1e9, bytes: 5e8)
    }
  }

  /// The rate times a factor.
  func scaled(by factor: Double) -> WorkRate {
    WorkRate(arithmetic: arithmetic * factor, bytes: bytes * factor)
  }

  /// Time for some work when arithmetic and traffic do not overlap.
  package func seconds(arithmetic: Double, byteCount: Int) -> Double {
    arithmetic / self.arithmetic + Double(byteCount) / bytes
  }
}
