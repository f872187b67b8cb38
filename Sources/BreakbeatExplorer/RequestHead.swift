/// The head of a request: its line and its fields.
///
/// Read more strictly than HTTP demands, so that no two readers can disagree about it: lines end
/// with carriage return and line feed, the target begins with a slash, and nothing is folded.
/// Fields given twice are joined by a comma, as a list would be.
///
/// Source: RFC 9112, sections 2.2, 3 and 5.
package struct RequestHead: Hashable, Sendable {
  /// GET, HEAD or another one.
  package var method: String
  /// Path and query, as they were sent.
  package var target: String
  /// Whether the other side would like to go on with this connection.
  package var keepsAlive: Bool
  /// The fields by their names in small letters.
  package var fields: [String: String]

  /// Reads a head without the empty line that ends it.
  ///
  /// - Throws: ``ExplorerError`` with a code of `badRequest`.
  package init(_ bytes: [UInt8]) throws(ExplorerError) {
    var lines = bytes.split(separator: Self.carriageReturn, omittingEmptySubsequences: false)
    for index in lines.indices.dropFirst() {
      guard lines[index].first == Self.lineFeed else { throw Self.malformed }
      lines[index].removeFirst()
    }
    let isText = { (byte: UInt8) in byte == Self.tab || byte >= Self.space && byte != Self.delete }
    guard lines.allSatisfy({ $0.allSatisfy(isText) }) else { throw Self.malformed }

    let words = lines[0].split(separator: Self.space, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard words.count == 3, ["HTTP/1.0", "HTTP/1.1"].contains(words[2]), words[1].hasPrefix("/"),
      !words[0].isEmpty, words[0].utf8.allSatisfy(Self.letters.contains)
    else { throw Self.malformed }
    method = words[0]
    target = words[1]

    fields = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: Self.colon), colon > line.startIndex,
        line[..<colon].allSatisfy({ $0 > Self.space && $0 < Self.delete })
      else { throw Self.malformed }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      let value = Self.trimmed(line[(colon + 1)...])
      fields[name] = fields[name].map { "\($0), \(value)" } ?? value
    }
    let wishes = (fields["connection"] ?? "").lowercased().split { $0 == "," || $0 == " " }
    keepsAlive = words[2] == "HTTP/1.1" && !wishes.contains("close")
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    let isBlank = { (byte: UInt8) in byte == Self.tab || byte == Self.space }
    var rest = bytes.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(decoding: rest, as: UTF8.self)
  }

  private static let (tab, lineFeed, carriageReturn): (UInt8, UInt8, UInt8) = (0x09, 0x0A, 0x0D)
  private static let (space, colon, delete): (UInt8, UInt8, UInt8) = (0x20, 0x3A, 0x7F)
  private static let letters: ClosedRange<UInt8> = 0x41...0x5A

  private static var malformed: ExplorerError {
    ExplorerError(.badRequest, "This is no request of HTTP/1.1")
  }
}

extension RequestHead {
  /// Finds the heads in the bytes of a connection, which may arrive in any pieces.
  package struct Reader: Sendable {
    /// The most bytes of a head.
    package static let longest = 32_768

    private var bytes: [UInt8] = []
    /// How many of them were looked at; all of one head.
    private var seen = 0

    /// A reader that has seen nothing.
    package init() {}

    /// Takes what arrived.
    package mutating func append(_ piece: [UInt8]) { bytes += piece }

    /// The next head, taken out of the bytes; `nil` as long as its end is missing.
    ///
    /// - Throws: ``ExplorerError`` with a code of `badRequest` for what is no head, as soon as its
    ///   first byte or the end of a line tells, or `headTooLarge`; nothing that follows can be told
    ///   apart then.
    package mutating func next() throws(ExplorerError) -> RequestHead? {
      guard let first = bytes.first else { return nil }
      guard RequestHead.letters.contains(first) else { throw RequestHead.malformed }
      let isWhole = try findEnd()
      // Two line ends close a head; what was seen of another one may end with all of them but a byte.
      let length = seen - (isWhole ? 4 : 3)
      guard length <= Self.longest else {
        throw ExplorerError(.headTooLarge, "The head is longer than \(Self.longest) bytes")
      }
      guard isWhole else { return nil }
      let head = Array(bytes[..<length])
      bytes.removeFirst(seen)
      seen = 0
      return try RequestHead(head)
    }

    /// Looks at bytes up to the end of the head, if it is there.
    ///
    /// Throws for a line that ends otherwise than with carriage return and line feed: who sends such
    /// ones may wait for an answer, and the end would never come.
    private mutating func findEnd() throws(ExplorerError) -> Bool {
      seen = max(seen, 1)  // the first byte is a letter
      while seen < bytes.count {
        let isLineFeed = bytes[seen] == RequestHead.lineFeed
        guard isLineFeed == (bytes[seen - 1] == RequestHead.carriageReturn) else {
          throw RequestHead.malformed
        }
        seen += 1
        if isLineFeed, bytes[seen - 3] == RequestHead.lineFeed { return true }
      }
      return false
    }
  }
}
