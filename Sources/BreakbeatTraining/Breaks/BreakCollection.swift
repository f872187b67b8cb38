internal import Breakbeats

/// The breaks found below some paths, and what was left out.
public struct BreakCollection: Sendable {
  /// The usable breaks, in the order they were found.
  public private(set) var breaks: [BreakSource] = []

  /// What was left out, each with its reason.
  public private(set) var skipped: [SkippedSource] = []

  /// Hidden entries of folders, which are passed over.
  public let hiddenCount: Int

  /// Bytes of samples kept in memory; of further breaks they are read again when they are needed.
  private static let residentByteLimit = 128 << 20

  /// Reads every audio file among files and folders.
  ///
  /// In folders, what cannot be used is left out with its reason; so is a file of `paths` as long as
  /// another one can be used.
  ///
  /// - Parameters:
  ///   - paths: files and folders, in any mix.
  ///   - bars: bars of each file, if known; otherwise from its name or its sound.
  ///   - beatsPerMinute: tempo of each file, if known.
  ///   - downbeat: seconds before the first bar of each file, if known.
  ///   - alternative: what the caller can do without a source, for errors to say: `use --synthetic`.
  ///   - progress: called with the number of files read and of all, before each file.
  /// - Throws: ``TrainingDataError`` if a path is missing or nothing is usable; if only one file was
  ///   tried, that file's own error.
  public init(
    contentsOf paths: [String], bars: Double? = nil, beatsPerMinute: Double? = nil,
    downbeat: Double? = nil, alternative: String? = nil,
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws(TrainingDataError) {
    let otherwise = alternative.map { ", or \($0)" } ?? ""
    guard !paths.isEmpty else {
      throw TrainingDataError(
        .nothingUsable, "no source was given",
        remedy: "name audio files or folders\(otherwise)")
    }
    let search = try AudioFileSearch(paths)
    skipped = search.skipped
    hiddenCount = search.hiddenCount
    var byteCount = 0
    var seen: [String: String] = [:]
    for (number, file) in search.files.enumerated() {
      progress(number, search.files.count)
      do throws(TrainingDataError) {
        var found = try BreakSource(
          contentsOf: file, bars: bars, beatsPerMinute: beatsPerMinute, downbeat: downbeat)
        if let first = seen[found.digest] {
          throw TrainingDataError(
            .duplicate, "\(file): the same file as \(first)", remedy: "remove one of them")
        }
        seen[found.digest] = file
        byteCount += found.residentByteCount
        if byteCount > Self.residentByteLimit {
          byteCount -= found.residentByteCount
          found.release()
        }
        breaks.append(found)
      } catch {
        skipped.append(SkippedSource(path: file, reason: error))
      }
    }
    guard breaks.isEmpty else { return }
    if search.files.count <= 1, let only = skipped.first, paths.count == 1, only.path == paths[0] {
      throw only.reason
    }
    let reasons = skipped.prefix(3).map { "\n  \($0.reason.message)" }.joined()
    let more = skipped.count > 3 ? "\n  and \(skipped.count - 3) more" : ""
    let verb = skipped.count == 1 ? "was" : "were"
    let tried =
      skipped.isEmpty ? "there are no files" : "\(counted(skipped.count, "file")) \(verb) tried"
    throw TrainingDataError(
      .nothingUsable,
      "nothing usable in \(paths.joined(separator: ", ")): \(tried)\(reasons)\(more)",
      remedy: "name a folder with drum loops in WAV, AIFF, FLAC, Ogg or MP3\(otherwise)")
  }
}
