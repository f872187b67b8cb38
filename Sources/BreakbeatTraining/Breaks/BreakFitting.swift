/// How a break is cut and brought to the grid.
public struct BreakFitting: Sendable, Hashable, Codable {
  /// Where slices begin.
  public enum Slice: String, Sendable, Hashable, Codable, CaseIterable {
    /// At each sixteenth, snapped to the onset within ±22 ms: the drummer's feel is kept.
    case grid
    /// At the onsets, each moved to its nearest sixteenth and the sound between two of them fitted
    /// to the distance: played by a machine.
    case onset
  }

  /// How a piece of sound gets another length.
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// Faster or slower, as on a sampler: pitch moves with tempo.
    case repitch
    /// At constant pitch; attacks are kept as they are.
    case stretch
  }

  /// Where slices begin.
  public var slice: Slice
  /// How they are fitted.
  public var fit: Fit

  /// A way to cut and fit; by default on the grid, as on a sampler.
  public init(slice: Slice = .grid, fit: Fit = .repitch) {
    self.slice = slice
    self.fit = fit
  }
}
