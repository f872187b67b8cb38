internal import Breakbeats
internal import FlyingFox

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// What is at each address.
///
/// | address | answer |
/// |---|---|
/// | `/`, `/explore.css`, `/explore.js`, `/player.js` | the page |
/// | `/api/model` | the model, its directions and the map as JSON |
/// | `/api/loop?POINT` | a WAV file, with its recipe as a comment |
/// | `/api/picture?POINT` | its spectrogram as PNG |
///
/// A POINT is described at ``LoopRequest``.
struct ExplorerPages: Sendable {
  private let gate: RequestGate
  private let drawer: LoopDrawer
  private let model: Data
  private let page: Data

  init(
    generator: BreakbeatGenerator, space: LatentSpace, origin: Recipe.Origin, gate: RequestGate
  ) {
    self.gate = gate
    drawer = LoopDrawer(generator, space: space, origin: origin)
    model = ModelSummary(generator, name: origin.model, space: space).json()
    page = Data(
      String(decoding: PackageResources.explore_html, as: UTF8.self)
        .replacing("{{KEY}}", with: gate.key).utf8)
  }

  /// Answers a request.
  func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
    do {
      try gate.check(request, needsKey: request.path.hasPrefix("/api/"))
      return try await answer(request)
    } catch let error as ExplorerError {
      return refusal(error)
    } catch is CancellationError {
      return reply(Data("Stopped.\n".utf8), "text/plain; charset=utf-8", .serviceUnavailable)
    } catch {
      return reply(Data("\(error)\n".utf8), "text/plain; charset=utf-8", .internalServerError)
    }
  }

  /// The answer to a request that cannot be answered.
  func refusal(_ error: ExplorerError) -> HTTPResponse {
    reply(Data("\(error)\n".utf8), "text/plain; charset=utf-8", error.status)
  }

  private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    switch request.path {
    case "/": return reply(page, "text/html; charset=utf-8")
    case "/explore.css": return reply(Data(PackageResources.explore_css), "text/css")
    case "/explore.js": return reply(Data(PackageResources.explore_js), "text/javascript")
    case "/player.js": return reply(Data(PackageResources.player_js), "text/javascript")
    case "/api/model": return reply(model, "application/json")
    case "/api/loop":
      let loop = try await drawer.loop(try LoopRequest(request.query.map { ($0.name, $0.value) }))
      var response = reply(Data(loop.wave), "audio/wav")
      response.headers[HTTPHeader("X-VAmEn-Milliseconds")] = String(loop.milliseconds)
      response.headers[HTTPHeader("X-VAmEn-BPM")] = String(loop.beatsPerMinute)
      response.headers[HTTPHeader("X-VAmEn-Position")] =
        loop.position.map { String($0) }.joined(separator: ",")
      return response
    case "/api/picture":
      let loop = try await drawer.loop(try LoopRequest(request.query.map { ($0.name, $0.value) }))
      return reply(Data(loop.picture), "image/png")
    default: throw ExplorerError(.notFound, "There is nothing at this address")
    }
  }

  private func reply(
    _ body: Data, _ type: String, _ status: HTTPStatusCode = .ok
  ) -> HTTPResponse {
    HTTPResponse(
      statusCode: status,
      headers: [
        .contentType: type, .cacheControl: "no-store",
        HTTPHeader("X-Content-Type-Options"): "nosniff",
        HTTPHeader("Referrer-Policy"): "no-referrer",
        HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
        // A page that opened this one keeps no handle to it.
        HTTPHeader("Cross-Origin-Opener-Policy"): "same-origin",
        HTTPHeader("Content-Security-Policy"): """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
        img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """,
      ], body: body)
  }
}

extension ExplorerError {
  /// The status of the answer.
  fileprivate var status: HTTPStatusCode {
    switch code {
    case .unavailable: .serviceUnavailable
    case .badRequest: .badRequest
    case .notFound: .notFound
    case .wrongHost: .misdirectedRequest
    case .forbidden: .forbidden
    case .wrongMethod: .methodNotAllowed
    case .tooLarge: .payloadTooLarge
    case .headTooLarge: .requestHeaderFieldsTooLarge
    }
  }
}
