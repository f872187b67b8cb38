public import Breakbeats
internal import FlyingSocks

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A local web page to play with a model: a map of its latents, sliders, a pad, loops that go on
/// playing in time while one wanders.
///
/// ```swift
/// let explorer = Explorer(generator, name: "breaks", space: LatentSpace(generator.latents))
/// try await explorer.run(port: 8765) { print("Open \($0)") }
/// ```
///
/// It listens on the loopback address only. Requests must name that address as their host, come
/// from the page itself and carry the key that the page was given; see ``RequestGate``.
public struct Explorer: Sendable {
  private let generator: BreakbeatGenerator
  private let space: LatentSpace
  private let origin: Recipe.Origin

  /// An explorer of a generator.
  ///
  /// - Parameters:
  ///   - name: What the page calls the model.
  ///   - space: What the map shows.
  ///   - modelDigest: The SHA-256 of the model's file, for the recipes of saved loops.
  ///   - dataDigest: The digest of the data set that the space's items are of, for the same.
  public init(
    _ generator: BreakbeatGenerator, name: String, space: LatentSpace, modelDigest: String? = nil,
    dataDigest: String? = nil
  ) {
    self.generator = generator
    self.space = space
    origin = Recipe.Origin(
      version: BuildInformation.version, model: name, modelDigest: modelDigest,
      dataDigest: dataDigest)
  }

  /// Serves the page until the task is cancelled.
  ///
  /// - Parameters:
  ///   - port: Where to listen; 0 for a free one.
  ///   - ready: Called with the page's address once it can be opened.
  /// - Throws: ``ExplorerError`` when the port is taken or may not be used.
  public func run(port: UInt16, ready: @Sendable @escaping (String) -> Void) async throws {
    do {
      let server = try LoopbackServer(port: port)
      let gate = RequestGate(
        port: server.port, key: String(UInt64.random(in: .min ... .max), radix: 36))
      let pages = ExplorerPages(generator: generator, space: space, origin: origin, gate: gate)
      ready("http://127.0.0.1:\(server.port)/")
      try await server.run(pages)
    } catch let error as SocketError {
      if Task.isCancelled { return }
      throw ExplorerError(
        .unavailable, "Cannot listen on 127.0.0.1:\(port): \(error.errorDescription ?? "\(error)")",
        remedy: "choose another --port, or 0 for a free one")
    } catch {
      if Task.isCancelled { return }
      throw error
    }
  }
}
