import BreakbeatTraining

/// A text of several lines, with names of files in it, as harmless lines: see `printable`.
func printableLines(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { printable(String($0)) }.joined(separator: "\n")
}
