/// A build-time variant of a kernel that is called like the kernel itself: it has the same bindings
/// and push constants, and its specialization constants are the kernel's and some more behind them.
package struct KernelVariant: Sendable, Hashable {
  /// The variant's code.
  let kernel: Kernel
  /// Bit patterns of its own specialization constants.
  let words: [UInt32]

  /// A variant of a kernel with values for the constants that the kernel does not have.
  package init<K: ComputeKernel>(_ variant: Kernel, of kernel: K.Type, _ words: [UInt32]) {
    let plain = K.kernel
    precondition(
      variant.bindings.map(\.index) == plain.bindings.map(\.index)
        && variant.bindings.map(\.access) == plain.bindings.map(\.access)
        && variant.pushConstantByteCount == plain.pushConstantByteCount
        && variant.specializationIDs.starts(with: plain.specializationIDs)
        && variant.specializationIDs.count == plain.specializationIDs.count + words.count,
      "\(variant.name) is not called like \(plain.name)")
    self.kernel = variant
    self.words = words
  }
}
