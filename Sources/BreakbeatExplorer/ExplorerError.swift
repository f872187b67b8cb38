/// Why the explorer cannot do what it was asked for.
public struct ExplorerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure.
  public enum Code: Sendable, Hashable {
    /// The page cannot be served.
    case unavailable
    /// A request's parameters are wrong.
    case badRequest
    /// There is nothing at the address.
    case notFound
    /// Another host name than the one listened on.
    case wrongHost
    /// A request that did not come from the page.
    case forbidden
    /// A method other than GET or HEAD.
    case wrongMethod
    /// A request with a body, or one too long.
    case tooLarge
    /// A request whose line and fields are too long.
    case headTooLarge
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, and what to do.
  public let description: String

  init(_ code: Code, _ what: String, remedy: String? = nil) {
    self.code = code
    description = remedy.map { "\(what); \($0)." } ?? "\(what)."
  }
}
