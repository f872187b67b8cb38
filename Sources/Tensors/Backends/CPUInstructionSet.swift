import CMatrix

/// Which of the kernels that were compiled for several instruction sets run.
///
/// Every one gives the same bits in every run and on any number of threads; different ones differ
/// by roundings. The environment variable `VAMEN_CPU_ISA` chooses a lesser one than the best for a
/// whole process: `avx512`, `avx2` or `baseline`.
package enum CPUInstructionSet {
  /// All that are compiled for any processor.
  package static let all = ["avx512", "avx2", "baseline"]

  /// Whether this processor runs the kernels of a name.
  package static func isAvailable(_ name: String) -> Bool {
    defer { cmatrix_use_instruction_set(nil) }
    return cmatrix_use_instruction_set(name)
  }

  /// Calls `body` with another choice of kernels on this thread; `nil` leaves the usual ones.
  static func using(_ name: String?, _ body: () throws -> Void) rethrows {
    guard let name else { return try body() }
    cmatrix_use_instruction_set(name)
    defer { cmatrix_use_instruction_set(nil) }
    try body()
  }
}
