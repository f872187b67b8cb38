import BreakbeatExplorer
import Testing

/// Which hosts, origins and sites the explorer's server answers to.
@Suite struct RequestGateTests {
  /// The kind of refusal, if there is one.
  private static func refusal(
    port: UInt16, host: String?, origin: String? = nil
  ) -> ExplorerError.Code? {
    do throws(ExplorerError) {
      try RequestGate(port: port, key: "").check(host: host, origin: origin)
      return nil
    } catch {
      return error.code
    }
  }

  @Test(arguments: ["127.0.0.1", "localhost", "LocalHost"])
  func port80MayBeLeftOut(name: String) {
    #expect(Self.refusal(port: 80, host: name) == nil)
    #expect(Self.refusal(port: 80, host: "\(name):80") == nil)
    #expect(Self.refusal(port: 80, host: name, origin: "http://\(name)") == nil)
    #expect(Self.refusal(port: 80, host: name, origin: "http://\(name):80") == nil)
  }

  @Test(arguments: ["127.0.0.1", "localhost", "LocalHost"])
  func anotherPortMayNot(name: String) {
    let host = "\(name):8765"
    #expect(Self.refusal(port: 8765, host: host, origin: "http://\(host)") == nil)
    #expect(Self.refusal(port: 8765, host: name) == .wrongHost)
    #expect(Self.refusal(port: 8765, host: host, origin: "http://\(name)") == .forbidden)
  }

  @Test(arguments: [nil, "", "evil.example", "evil.example:80", "127.0.0.1:81", "localhost."])
  func othersAreTurnedAwayFromPort80(host: String?) {
    #expect(Self.refusal(port: 80, host: host) == .wrongHost)
  }

  @Test(arguments: ["http://evil.example", "https://localhost", "http://localhost:81", "null", ""])
  func otherPagesAreTurnedAwayFromPort80(origin: String) {
    #expect(Self.refusal(port: 80, host: "127.0.0.1", origin: origin) == .forbidden)
  }

  /// Whether a browser's request is answered, given what it says of who asks.
  private static func isAnswered(
    site: String?, mode: String? = "navigate", destination: String? = "document",
    method: String = "GET", needsKey: Bool = false
  ) -> Bool {
    do throws(ExplorerError) {
      try RequestGate(port: 8765, key: "").check(
        site: site, mode: mode, destination: destination, method: method, needsKey: needsKey)
      return true
    } catch {
      return false
    }
  }

  @Test func aLinkOnAnotherSiteLeadsToThePage() {
    #expect(Self.isAnswered(site: "cross-site"))
    #expect(!Self.isAnswered(site: "cross-site", needsKey: true))
    #expect(!Self.isAnswered(site: "cross-site", method: "HEAD"))
    #expect(!Self.isAnswered(site: "cross-site", method: "POST"))
  }

  @Test(arguments: ["no-cors", "cors", "same-origin", "websocket", "", nil])
  func anotherSiteMayNotFetchThePage(mode: String?) {
    #expect(!Self.isAnswered(site: "cross-site", mode: mode))
  }

  @Test(arguments: ["iframe", "frame", "embed", "object", "script", "empty", "", nil])
  func anotherSiteMayNotHoldThePage(destination: String?) {
    #expect(!Self.isAnswered(site: "cross-site", destination: destination))
  }

  @Test(arguments: ["same-origin", "none", nil])
  func thePageAndThePersonMayAskForData(site: String?) {
    #expect(Self.isAnswered(site: site, mode: "cors", destination: "empty", needsKey: true))
  }

  @Test func anotherPortOfThisMachineMayNotAskForData() {
    #expect(Self.isAnswered(site: "same-site", mode: "no-cors", destination: "script"))
    #expect(!Self.isAnswered(site: "same-site", needsKey: true))
  }
}
