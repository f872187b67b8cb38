/// Measured choices of tiles, by problem: what a tuner fills and a backend obeys. Problems that
/// are not in it get the tile of a rule (``ProductTile/init(for:on:)``).
///
/// A value: programs compiled with equal choices on the same device give the same bits.
public struct TileChoices: Sendable, Hashable, Codable {
  private var tiles: [ProductProblem: ProductTile] = [:]

  /// No choices: the rule decides everything.
  public init() {}

  /// The choice for a problem, nil where there is none.
  public subscript(problem: ProductProblem) -> ProductTile? {
    get { tiles[problem] }
    set { tiles[problem] = newValue }
  }

  /// Whether the rule decides everything.
  package var isEmpty: Bool { tiles.isEmpty }

  /// The problems that have a choice.
  public var problems: [ProductProblem] { Array(tiles.keys) }

  /// The chosen tile where it suits the problem and the device and cuts no sum that must be whole, otherwise the rule's: a table of
  /// another device or version is never an error.
  package func tile(for problem: ProductProblem, on target: TileTarget) -> ProductTile {
    if let tile = tiles[problem], tile.suits(problem, on: target),
      tile.chunks == 1 || target.cutsSums
    {
      return tile
    }
    return ProductTile(for: problem, on: target)
  }

  /// The problems whose choice a device's programs do not take.
  package func unsuitable(on target: TileTarget) -> [ProductProblem] {
    problems.filter { tiles[$0]?.suits($0, on: target) == false }
  }
}
