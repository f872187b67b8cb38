internal import FlyingFox
internal import FlyingSocks

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Listens on 127.0.0.1 and answers, on every connection, one request after the other.
///
/// FlyingFox's own server reads lines without a limit, and takes a body that it was not asked for
/// for the next request. Here a connection ends with the first answer that is not 200.
package struct LoopbackServer: Sendable {
  /// The most connections at a time, given how many files the process may have open; others wait.
  ///
  /// A few files are left to the rest of the process: libraries end it where they get none.
  package static func mostConnections(openFiles: Int) -> Int {
    min(128, max(4, openFiles - 32))
  }

  /// Where it listens.
  let port: UInt16
  private let socket: Socket

  /// Listens from now on; who calls before ``run(_:)`` is answered then.
  ///
  /// - Parameter port: Where; 0 for a free one.
  /// - Throws: `SocketError` when the port is taken or may not be used.
  init(port: UInt16) throws {
    (socket, self.port) = try Self.listen(at: .inet(ip4: "127.0.0.1", port: port))
  }

  private static func listen(at address: some SocketAddress) throws -> (Socket, UInt16) {
    let socket = try Socket(domain: Int32(type(of: address).family))
    do {
      try socket.setValue(true, for: .localAddressReuse)
      try socket.bind(to: address)
    } catch {
      try? socket.close()
      throw error
    }
    try socket.listen()  // closes the socket if it fails
    guard case .ip4(_, let port) = try socket.sockname() else {
      throw SocketError.unsupportedAddress
    }
    return (socket, port)
  }

  /// Answers until the task is cancelled.
  func run(_ pages: ExplorerPages) async throws {
    defer { try? socket.close() }
    let pool = HTTPServer.defaultPool()
    try await pool.prepare()
    let listener = try AsyncSocket(socket: socket, pool: pool)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run() }
      // The first sleep opens a timer for all that follow. libdispatch ends the process if that fails,
      // so it must not come when connections have taken the last files.
      try await Task.sleep(for: .milliseconds(1))
      group.addTask { try await Self.accept(from: listener, pool: pool, pages: pages) }
      // Neither ends but by an error, or when it is cancelled.
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private static func accept(
    from listener: AsyncSocket, pool: any AsyncSocketPool, pages: ExplorerPages
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let files = sysconf(Int32(_SC_OPEN_MAX))
      let mostConnections = Self.mostConnections(openFiles: files < 0 ? .max : files)
      var count = 0
      while true {
        if count == mostConnections {
          try await group.next()
          count -= 1
        }
        do {
          let socket = try await listener.accept()
          group.addTask { await Connection(socket, pool: pool, pages: pages).run() }
          count += 1
        } catch SocketError.failed {
          // Who called has gone, or too many files are open: in a moment it may be different.
          try await Task.sleep(for: .milliseconds(50))
        }
      }
    }
  }
}
