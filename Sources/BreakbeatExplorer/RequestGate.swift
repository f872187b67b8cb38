internal import FlyingFox

/// Decides which requests are answered.
///
/// The page runs beside other pages in a browser, and any of them may send requests to it. So: the
/// host must be the loopback address by number or as `localhost`, with the port (a foreign name
/// that resolves to 127.0.0.1 is turned away), an origin must be the page's own, requests for data
/// carry a key that only the page knows, and nothing may have a body. Other sites may lead here by
/// a link, which takes no data along. Browsers leave out port 80, so there neither needs it.
package struct RequestGate: Sendable {
  /// The most characters of a path and query.
  static let longestTarget = 8192

  /// Where the page is.
  let port: UInt16
  /// What requests for data carry.
  let key: String

  /// A gate for the page at a port.
  package init(port: UInt16, key: String) {
    self.port = port
    self.key = key
  }

  /// Throws what is wrong with a request, if anything is.
  ///
  /// - Parameter needsKey: Whether the request is for data.
  func check(_ request: HTTPRequest, needsKey: Bool) throws(ExplorerError) {
    try check(host: request.headers[.host], origin: request.headers[HTTPHeader("Origin")])
    try check(
      site: request.headers[HTTPHeader("Sec-Fetch-Site")],
      mode: request.headers[HTTPHeader("Sec-Fetch-Mode")],
      destination: request.headers[HTTPHeader("Sec-Fetch-Dest")],
      method: request.method.rawValue, needsKey: needsKey)
    guard request.method == .GET || request.method == .HEAD else {
      throw ExplorerError(.wrongMethod, "Only GET is possible")
    }
    let length = request.headers[.contentLength] ?? "0"
    guard length == "0", request.headers[.transferEncoding] == nil else {
      throw ExplorerError(.tooLarge, "A request here has no body")
    }
    guard request.target.rawValue.utf8.count <= Self.longestTarget else {
      throw ExplorerError(.tooLarge, "The address is longer than \(Self.longestTarget) bytes")
    }
    if needsKey, request.headers[Self.keyHeader] != key {
      throw ExplorerError(
        .forbidden, "The request does not carry this page's key", remedy: "load the page again")
    }
  }

  /// Throws if a request is for another host or comes from another page.
  ///
  /// - Parameters:
  ///   - host: Its `Host`.
  ///   - origin: Its `Origin`.
  package func check(host: String?, origin: String?) throws(ExplorerError) {
    let names = ["127.0.0.1", "localhost"]
    let hosts = names.map { "\($0):\(port)" } + (port == 80 ? names : [])
    guard let host, hosts.contains(host.lowercased()) else {
      throw ExplorerError(.wrongHost, "This page answers to \(hosts[0]) only")
    }
    if let origin, !hosts.contains(where: { "http://\($0)" == origin.lowercased() }) {
      throw ExplorerError(.forbidden, "Other pages may not use this one")
    }
  }

  /// Throws if the browser says that another page asks, unless that page only leads here.
  ///
  /// - Parameters:
  ///   - site: The request's `Sec-Fetch-Site`; programs other than browsers send none.
  ///   - mode: Its `Sec-Fetch-Mode`.
  ///   - destination: Its `Sec-Fetch-Dest`.
  ///   - method: Its method.
  ///   - needsKey: Whether it is for data.
  package func check(
    site: String?, mode: String?, destination: String?, method: String, needsKey: Bool
  ) throws(ExplorerError) {
    guard let site else { return }
    // A link that is followed fills a tab: its page cannot be read by the other one. A frame has
    // another destination.
    let isLink = method == "GET" && mode == "navigate" && destination == "document"
    let isAnswered =
      switch site {
      case "same-origin", "none": true
      case "cross-site": !needsKey && isLink
      default: !needsKey
      }
    guard isAnswered else {
      throw ExplorerError(.forbidden, "Other pages may not use this one")
    }
  }

  private static let keyHeader = HTTPHeader("X-VAmEn-Key")
}
