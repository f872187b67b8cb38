/// Why a golden case was not compared.
package enum CaseProblem: Error, CustomStringConvertible {
  /// Its kind or one of its settings is not known here: the case is skipped.
  case unknown(String)
  /// It contradicts itself or lacks something: the case fails.
  case damaged(String)

  package var description: String {
    switch self {
    case .unknown(let reason), .damaged(let reason): reason
    }
  }
}
