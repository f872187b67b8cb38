/// Notices that training has gone wrong.
///
/// The loss is a logarithm, negative in a good run, so "ten times its median" is said of what it is
/// the logarithm of. With loss = ½ (ln MSE + 1) + (β/D)·KL,
///
///     e = exp(2 · loss) = e · MSE · exp(2 (β/D) KL)
///
/// is an error on the scale of the mean squared error, and
///
///     e > 10 · median(e)   ⟺   loss > median(loss) + ½ ln 10
///
/// because the logarithm keeps order. The median is over the last ``memory`` steps, and counts once
/// there are ``least`` of them. Until then losses may jump, but no further than ``leap`` above the
/// smallest so far, an error of e²⁰ times: weights that are lost by then would be the median.
package struct DivergenceGuard: Sendable {
  /// Steps that the median is over.
  package static let memory = 100
  /// Steps before the median is trusted.
  static let least = 20
  /// ½ ln 10.
  static let tolerance = 1.151_292_546_497_023
  /// How far the first losses may be above their smallest.
  static let leap = 10.0

  /// The last losses, up to ``memory``.
  package private(set) var losses: [Double]

  /// Goes on after some losses.
  package init(after losses: [Double] = []) { self.losses = losses.suffix(Self.memory) }

  /// Takes the next step's loss; what is wrong with it, in words, or `nil`.
  package mutating func problem(with loss: Double) -> String? {
    guard loss.isFinite else { return "is not a number" }
    if losses.count >= Self.least {
      let sorted = losses.sorted()
      let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
      guard loss <= median + Self.tolerance else {
        return "is \(loss.rounded(places: 3)), an error more than ten times that of the median of "
          + "the last \(losses.count) steps, \(median.rounded(places: 3))"
      }
    } else if let smallest = losses.min(), loss > smallest + Self.leap {
      return "is \(loss.rounded(places: 3)), more than \(Self.leap.rounded(places: 0)) above the "
        + "smallest of the steps before, \(smallest.rounded(places: 3))"
    }
    if losses.count == Self.memory { losses.removeFirst() }
    losses.append(loss)
    return nil
  }
}
