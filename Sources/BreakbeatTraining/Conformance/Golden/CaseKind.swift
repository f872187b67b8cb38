import Tensors

/// A kind of golden case: how it is recognised and computed.
struct CaseKind: Sendable {
  let matches: @Sendable (GoldenCase) -> Bool
  let run: @Sendable (GoldenCase, any Backend) throws -> [Comparison]

  /// A kind that one program computes.
  static func program(
    _ matches: @escaping @Sendable (GoldenCase) -> Bool,
    _ build: @escaping @Sendable (inout CaseProgram) throws -> Void
  ) -> CaseKind {
    CaseKind(matches: matches) { golden, backend in
      var program = CaseProgram(golden)
      try build(&program)
      return try program.compare(on: backend)
    }
  }

  /// A kind that one program computes, of an operation's name.
  static func program(
    _ operation: String, _ build: @escaping @Sendable (inout CaseProgram) throws -> Void
  ) -> CaseKind {
    program({ $0.operation == operation }, build)
  }
}
