/// The passes of compilation that only make a program faster or smaller. All are on, everywhere;
/// tests switch them off to compare.
package struct CompilePasses: OptionSet, Sendable, Hashable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// Expressions of constants become constants.
  package static let fold = CompilePasses(rawValue: 1)
  /// Chains of pointwise operations become one step.
  package static let fuse = CompilePasses(rawValue: 2)
  /// Steps move to where the arena becomes smaller.
  package static let order = CompilePasses(rawValue: 4)

  /// Products take the chain of pointwise operations behind them along; part of `fuse`.
  package static let epilogues = CompilePasses(rawValue: 8)

  package static let all: CompilePasses = [.fold, .fuse, .order, .epilogues]

  /// Storage buffers that the kernels of chains have, and those of products with epilogues.
  static let (chainBuffers, epilogueBuffers) = (7, 8)

  /// The passes whose kernels a backend can run.
  func available(on backend: any Backend) -> CompilePasses {
    var passes = self
    if backend.kernelBufferLimit < Self.chainBuffers { passes.remove(.fuse) }
    if backend.kernelBufferLimit < Self.epilogueBuffers { passes.remove(.epilogues) }
    return passes
  }
}
