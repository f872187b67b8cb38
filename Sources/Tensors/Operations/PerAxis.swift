/// A whole number for each spatial axis of a picture; one literal means both.
///
///     convolution(x, weight: w, stride: 2, padding: PerAxis(y: 1, x: 0))
public struct PerAxis: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  /// Along the slower axis (height).
  public var y: Int
  /// Along the faster axis (width).
  public var x: Int

  /// A number for each axis.
  public init(y: Int, x: Int) { (self.y, self.x) = (y, x) }

  /// The same number for both.
  public init(_ both: Int) { self.init(y: both, x: both) }

  /// The same number for both.
  public init(integerLiteral value: Int) { self.init(value) }

  /// As `y x x`.
  public var description: String { "\(y) x \(x)" }

  /// The last two sizes of a shape.
  package init(spatial shape: Shape) { self.init(y: shape[-2], x: shape[-1]) }
}
