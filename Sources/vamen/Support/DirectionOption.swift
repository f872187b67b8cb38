public import ArgumentParser
public import Breakbeats

extension LatentMove: ExpressibleByArgument {
  /// A step written `1=+2`.
  public init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let direction = Int(parts[0]), direction > 0,
      let amount = Double(parts[1]), (-100...100).contains(amount)
    else { return nil }
    self.init(direction: direction, amount: amount)
  }
}
