/// The sizes of a tensor along its axes, slowest axis first (row-major).
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// Sizes, slowest axis first; empty for a scalar.
  public let dimensions: [Int]

  /// A shape from sizes, each at least 1.
  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 > 0 }, "shape \(dimensions): sizes must be positive")
    self.dimensions = dimensions
  }

  /// A shape from a literal such as `[2, 3, 17, 9]`.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// Number of axes.
  public var rank: Int { dimensions.count }

  /// Number of elements.
  public var count: Int { dimensions.reduce(1, *) }

  /// The size of one axis; negative axes count from the end.
  public subscript(axis: Int) -> Int { dimensions[axis < 0 ? rank + axis : axis] }

  /// Distance in elements between neighbours along each axis.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  /// The shape that both operands broadcast to, by NumPy's rule: aligned at the last axis, sizes
  /// equal or 1. `nil` when they do not.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = max(self.rank, other.rank)
    let a = [Int](repeating: 1, count: rank - self.rank) + dimensions
    let b = [Int](repeating: 1, count: rank - other.rank) + other.dimensions
    var result: [Int] = []
    for (x, y) in zip(a, b) {
      guard x == y || x == 1 || y == 1 else { return nil }
      result.append(max(x, y))
    }
    return Shape(result)
  }

  /// The shape without the given axes, or with size 1 in their place.
  public func reducing(_ axes: Set<Int>, keepingAxes: Bool) -> Shape {
    Shape(
      dimensions.indices.compactMap { axis in
        axes.contains(axis) ? (keepingAxes ? 1 : nil) : dimensions[axis]
      })
  }

  /// As written in source, e.g. `[2, 3]`.
  public var description: String { dimensions.description }
}

extension Shape: Codable {
  /// Reads the sizes as an array of numbers.
  public init(from decoder: any Decoder) throws {
    let sizes = try decoder.singleValueContainer().decode([Int].self)
    guard sizes.allSatisfy({ $0 > 0 }) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "shape \(sizes)"))
    }
    self.init(sizes)
  }

  /// Writes the sizes as an array of numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(dimensions)
  }
}

/// How an element is stored.
public enum ElementType: String, Sendable, Hashable, Codable {
  /// IEEE 754 single precision.
  case float32
  /// Unsigned 32-bit integers: keys and counters of random numbers.
  case uint32
  /// IEEE 754 half precision: how programs in ``Precision/mixed`` store feature maps. Only compiling
  /// makes such values; every operation computes in single precision.
  case float16

  /// Size of one element in bytes.
  public var byteCount: Int { self == .float16 ? 2 : 4 }
}
