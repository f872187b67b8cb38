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

  package static let all: CompilePasses = [.fold, .fuse, .order]
}
