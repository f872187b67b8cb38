import BreakbeatExplorer
import Testing

/// What the explorer's server takes for the head of a request.
@Suite struct RequestHeadTests {
  private static let page = """
    GET /explore.js?a=1 HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nX-Empty:\r\naccept:  text/*\t\r\n\
    Accept: */*\r\n\r\n
    """

  /// The heads in bytes that arrive in pieces.
  private static func heads(_ text: String, pieces: Int) throws -> [RequestHead] {
    var reader = RequestHead.Reader()
    var heads: [RequestHead] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      reader.append(Array(bytes[start..<min(start + pieces, bytes.count)]))
      while let head = try reader.next() { heads.append(head) }
    }
    return heads
  }

  /// The kind of failure of one head.
  private static func failure(_ text: String, pieces: Int = 4096) -> ExplorerError.Code? {
    do {
      _ = try heads(text, pieces: pieces)
      return nil
    } catch {
      return (error as? ExplorerError)?.code
    }
  }

  @Test(arguments: [1, 2, 3, 7, 50, 4096])
  func headsAreFoundInAnyPieces(pieces: Int) throws {
    let text = Self.page + "POST / HTTP/1.0\r\n\r\n" + Self.page
    let heads = try Self.heads(text + "GET / HT", pieces: pieces)
    #expect(heads.map(\.method) == ["GET", "POST", "GET"])
    #expect(heads.map(\.target) == ["/explore.js?a=1", "/", "/explore.js?a=1"])
    #expect(heads.map(\.keepsAlive) == [true, false, true])
    #expect(
      heads[0].fields == ["host": "127.0.0.1:8765", "x-empty": "", "accept": "text/*, */*"])
    #expect(heads[1].fields.isEmpty)
  }

  @Test(arguments: ["close", "Close", "x, close", "close,x"])
  func aConnectionMayBeAskedToEnd(wish: String) throws {
    let head = try Self.heads("GET / HTTP/1.1\r\nConnection: \(wish)\r\n\r\n", pieces: 4096)[0]
    #expect(!head.keepsAlive)
  }

  @Test(arguments: [
    "get / HTTP/1.1", "GET  / HTTP/1.1", "GET / HTTP/2.0", "GET / HTTP/1.1 ", "GET /",
    "GET http://127.0.0.1/ HTTP/1.1", "GET * HTTP/1.1", "GET /a b HTTP/1.1", "G\u{1}T / HTTP/1.1",
    "GET / HTTP/1.1\r\nHost", "GET / HTTP/1.1\r\n: x", "GET / HTTP/1.1\r\nHost : x",
    "GET / HTTP/1.1\r\nA: 1\r\n b", "GET / HTTP/1.1\nHost: x", "GET / HTTP/1.1\r\nA: 1\nB: 2",
    "GET / HTTP/1.1\r\nA: 1\rB: 2", "GET / HTTP/1.1\r\nA: \u{7f}", "\r\nGET / HTTP/1.1", " ",
  ])
  func othersAreNoHeads(text: String) {
    #expect(Self.failure(text + "\r\n\r\n") == .badRequest)
  }

  @Test func whatBeginsAsNoRequestIsNotWaitedFor() {
    #expect(Self.failure("\u{16}\u{3}") == .badRequest)
    #expect(Self.failure("GET / HT") == nil)
  }

  @Test(
    arguments: [
      "GET / HTTP/1.1\nHost: 127.0.0.1:8765\n\n", "GET / HTTP/1.1\n", "G\n", "GET / HTTP/1.1\n\n",
      "GET / HTTP/1.1\r\nA: 1\n", "GET / HTTP/1.1\r\n\n", "GET / HTTP/1.1\r\n\r\r",
      "GET / HTTP/1.1\rA", "GET / HTTP/1.1\r\r",
    ], [1, 4096])
  func aWrongEndOfALineIsNotWaitedFor(text: String, pieces: Int) {
    #expect(Self.failure(text, pieces: pieces) == .badRequest)
    #expect(Self.failure(Self.page + text, pieces: pieces) == .badRequest)
  }

  @Test(arguments: ["GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA: 1\r\n\r"])
  func theRestOfALineIsWaitedFor(text: String) {
    #expect(Self.failure(text) == nil)
  }

  @Test(arguments: [1, 4096])
  func aHeadHasALongestLength(pieces: Int) {
    let most = RequestHead.Reader.longest
    let start = "GET / HTTP/1.1\r\nA: "
    let longest = start + String(repeating: "x", count: most - start.utf8.count)
    #expect(Self.failure(longest + "\r\n\r\n", pieces: pieces) == nil)
    #expect(Self.failure(longest + "x\r\n\r\n", pieces: pieces) == .headTooLarge)
    #expect(Self.failure(longest + String(repeating: "x", count: 9), pieces: pieces) != nil)
  }
}
