import CMatrix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which of the kernels that were compiled for several instruction sets run.
///
/// Every one gives the same bits in every run and on any number of threads; different ones differ
/// by roundings, but not in reproducible arithmetic (``Arithmetic``). The environment variable `VAMEN_CPU_ISA` chooses a lesser one than the best for a
/// whole process: `avx512`, `avx2` or `baseline`. A name that is none of them, or that the processor
/// lacks, is an error of whatever uses the CPU backend.
package enum CPUInstructionSet {
  /// All that are compiled for any processor.
  package static let all = ["avx512", "avx2", "baseline"]

  /// Whether this processor runs the kernels of a name.
  package static func isAvailable(_ name: String) -> Bool {
    defer { cmatrix_use_instruction_set(nil) }
    return cmatrix_use_instruction_set(name)
  }

  /// What the environment variable asks for; `nil` when it is not set, or empty.
  package static var wanted: String? {
    getenv("VAMEN_CPU_ISA").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The kernels that run on this thread.
  static var current: String { String(cString: cmatrix_instruction_set()) }

  /// Checks a name that the environment gives.
  ///
  /// - Throws: ``TensorError`` that lists the choices when there are no such kernels here.
  package static func check(_ name: String? = wanted) throws {
    guard let name, !isAvailable(name) else { return }
    let choices = all.filter(isAvailable)
    let problem =
      all.contains(name) ? "this processor has no \(name)" : "there are no kernels of that name"
    throw TensorError(
      .unknownDevice,
      "VAMEN_CPU_ISA=\(name): \(problem); unset it, or choose \(choices.joined(separator: ", "))")
  }

  /// Calls `body` with another choice of kernels on this thread; `nil` leaves the usual ones.
  static func using(_ name: String?, _ body: () throws -> Void) rethrows {
    guard let name else { return try body() }
    cmatrix_use_instruction_set(name)
    defer { cmatrix_use_instruction_set(nil) }
    try body()
  }
}
