import Breakbeats

/// Items that are made and written a part at a time: only a part of them is in memory, and no more
/// is lost by Ctrl-C or an error.
struct Parts {
  /// All items.
  let count: Int
  /// Items of a part: a multiple of every batch, so that batches are those of a single request.
  let size: Int

  /// The items of each part, in order. A remainder goes with the last part: on its own, it could
  /// need a program of its own.
  var ranges: [Range<Int>] {
    precondition(count >= 0 && size > 0, "\(count) items in parts of \(size)")
    var ranges: [Range<Int>] = []
    var start = 0
    while start < count {
      let end = count - start < 2 * size ? count : start + size
      ranges.append(start..<end)
      start = end
    }
    return ranges
  }

  /// Shows how far a part has brought all items; few of them are done before anybody asks.
  func progress(of range: Range<Int>, _ verb: String) -> BreakbeatGenerator.Progress {
    let count = count
    return { done, all in
      guard count > 16 else { return }
      // The names of the files come on lines of their own.
      Terminal.progress("\(verb) \(range.lowerBound + done)/\(count)", isLast: done == all)
    }
  }
}
