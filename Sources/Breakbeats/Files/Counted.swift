/// A number of things, as people write it: `1 loop`, `2 loops`.
package func counted(_ number: Int, _ thing: String) -> String {
  "\(number) \(number == 1 ? thing : thing + "s")"
}

/// A length in bars, likewise: `1 bar`, `0.5 bars`, `2 bars`.
package func counted(bars: Double) -> String {
  "\(bars.shortest) \(bars == 1 ? "bar" : "bars")"
}

extension Double {
  /// The number, without a decimal point where it is whole.
  package var shortest: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}
