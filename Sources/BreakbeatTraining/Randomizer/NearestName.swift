/// The name that is the fewest insertions, deletions and replacements away from what was written,
/// upper and lower case alike; the first of equals.
func nearestName(to written: String, in names: [String]) -> String? {
  // Long nonsense is as far from everything as its beginning is.
  let written = Array(written.lowercased().prefix(64))
  return names.min {
    distance(written, Array($0.lowercased())) < distance(written, Array($1.lowercased()))
  }
}

/// Levenshtein's distance.
private func distance(_ first: [Character], _ second: [Character]) -> Int {
  var row = Array(0...second.count)
  for (i, left) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, right) in second.enumerated() {
      let replaced = diagonal + (left == right ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j + 1] + 1, row[j] + 1)
    }
  }
  return row[second.count]
}
