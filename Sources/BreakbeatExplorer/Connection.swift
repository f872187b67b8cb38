internal import FlyingFox
internal import FlyingSocks

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// One connection, from its first request to its end.
///
/// It goes on only after an answer of 200, to a request without a body. Behind any other one the
/// bytes may be a body, or made to look like a request: they are thrown away.
struct Connection: Sendable {
  /// How long a head may take to arrive, an idle connection to be used, an answer to be taken.
  private static let patience = Duration.seconds(60)
  /// The most bytes, and the longest time, that are thrown away before the connection is closed.
  private static let drained = (bytes: 1 << 18, time: Duration.seconds(1))

  private let socket: AsyncSocket
  private let pool: any AsyncSocketPool
  private let pages: ExplorerPages

  init(_ socket: AsyncSocket, pool: any AsyncSocketPool, pages: ExplorerPages) {
    self.socket = socket
    self.pool = pool
    self.pages = pages
  }

  /// Answers requests, then closes the socket.
  func run() async {
    var reader = RequestHead.Reader()
    // An error: the other side has gone, or has taken too long, or all ends.
    while let next = try? await answer(reader) { reader = next }
    await close()
  }

  /// Answers the next request; returns what to go on reading with, or `nil` at the end.
  private func answer(_ reader: RequestHead.Reader) async throws -> RequestHead.Reader? {
    let response: HTTPResponse
    var next: RequestHead.Reader?
    var hasBody = true
    do {
      let read = try await within(Self.patience) { try await head(reader) }
      guard let (head, rest) = read else { return nil }
      response = await self.response(to: HTTPRequest(head))
      hasBody = head.method != "HEAD"
      if head.keepsAlive, response.statusCode == .ok { next = rest }
    } catch let error as ExplorerError {
      response = pages.refusal(error)
    }
    let bytes = try await response.bytes(hasBody: hasBody, isLast: next == nil)
    let sent = try await within(Self.patience) {
      try await socket.write(bytes)
      return true
    }
    if sent != nil, next == nil { await drain() }
    return sent == nil ? nil : next
  }

  private func head(
    _ reader: RequestHead.Reader
  ) async throws -> (head: RequestHead, rest: RequestHead.Reader) {
    var reader = reader
    while true {
      if let head = try reader.next() { return (head, reader) }
      reader.append(try await socket.read(atMost: 4096))
    }
  }

  /// The answer of the pages, which is given up when the other side closes the connection.
  private func response(to request: HTTPRequest) async -> HTTPResponse {
    let work = Task { await pages.handleRequest(request) }
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { if await hasClosed() { work.cancel() } }
      // Nothing may wait for the socket any more when it is written to or closed.
      defer { group.cancelAll() }
      return await withTaskCancellationHandler {
        await work.value
      } onCancel: {
        work.cancel()
      }
    }
  }

  /// Waits until the other side says more or closes; returns whether it has closed. It may have closed
  /// half of the connection only, and still read: that cannot be told apart.
  private func hasClosed() async -> Bool {
    while true {
      do {
        try await pool.suspendSocket(socket.socket, untilReadyFor: .read)
      } catch is CancellationError {
        return false
      } catch {
        return true
      }
      // What is there stays there for the next request.
      var byte: UInt8 = 0
      let count = recv(socket.socket.file.rawValue, &byte, 1, Int32(MSG_PEEK))
      if count >= 0 || errno != EWOULDBLOCK { return count <= 0 }
    }
  }

  /// Says that nothing more is sent, and throws away for a moment what still arrives: a socket that
  /// is closed with bytes unread can take the answer back.
  ///
  /// Source: RFC 9112, section 9.6.
  private func drain() async {
    shutdown(socket.socket.file.rawValue, Int32(SHUT_WR))
    _ = try? await within(Self.drained.time) {
      var left = Self.drained.bytes
      while left > 0 { left -= try await socket.read(atMost: 4096).count }
    }
  }

  private func close() async {
    // The pool wakes a reader before it forgets the reader's socket. A number closed in between,
    // and given to the next caller, would be taken for one that is watched already.
    if let actor = pool as? any Actor { await Self.turn(of: actor) }
    try? socket.close()
  }

  private static func turn(of actor: isolated any Actor) {}
}

/// What work returns, or `nil` when it was cancelled because it took too long.
private func within<Value: Sendable>(
  _ time: Duration, _ work: @Sendable @escaping () async throws -> Value
) async throws -> Value? {
  try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask { try await work() }
    group.addTask {
      try await Task.sleep(for: time)
      return nil
    }
    defer { group.cancelAll() }
    return try await group.next() ?? nil
  }
}

extension HTTPRequest {
  /// A request of which the head is all there is.
  fileprivate init(_ head: RequestHead) {
    let parts = head.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      method: HTTPMethod(rawValue: head.method), version: .http11,
      target: Target(path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : ""),
      headers: HTTPHeaders(
        Dictionary(uniqueKeysWithValues: head.fields.map { (HTTPHeader($0.key), $0.value) })),
      body: HTTPBodySequence())
  }
}

extension HTTPResponse {
  /// The response as it is sent.
  fileprivate func bytes(hasBody: Bool, isLast: Bool) async throws -> Data {
    let body = try await bodyData
    let fields = headers.map { "\($0.key.rawValue): \($0.value)\r\n" }.sorted()
    let head = """
      HTTP/1.1 \(statusCode.code) \(statusCode.phrase)\r\n\(fields.joined())\
      Content-Length: \(body.count)\r\nConnection: \(isLast ? "close" : "keep-alive")\r\n\r\n
      """
    return Data(head.utf8) + (hasBody ? body : Data())
  }
}
