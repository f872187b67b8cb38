/// What earlier runs measured about a device's speed, kept beside its pipelines: one number, how
/// many times faster the device is than ``WorkRate`` supposes for its kind.
struct RateFile: Sendable {
  /// Nil where nothing is kept.
  let path: String?

  private static let heading = "vamen work rate 1"
  /// What no device exceeds: anything else is damage.
  private static let plausible = 1e-4...1e6

  /// The factor, 1 where none is known; says in `notes` why a file was ignored.
  func read(notes: inout [String]) -> Double {
    guard let path else { return 1 }
    do {
      guard let bytes = try AtomicFile.read(path) else { return 1 }
      let lines = String(decoding: bytes.prefix(200), as: UTF8.self).split(separator: "\n")
      if lines.count == 2, lines[0] == Self.heading, let factor = Double(lines[1]),
        Self.plausible.contains(factor)
      {
        return factor
      }
      notes.append("ignored \(path): it is damaged")
    } catch {
      let text = (error as? AtomicFile.Failure)?.text ?? "\(error)"
      notes.append("ignored \(path): \(text)")
    }
    return 1
  }

  /// Keeps a factor; that it cannot be kept is no failure of the work.
  func write(_ factor: Double) {
    guard let path, Self.plausible.contains(factor) else { return }
    try? AtomicFile.replace(path, with: Array("\(Self.heading)\n\(factor)\n".utf8))
  }
}
