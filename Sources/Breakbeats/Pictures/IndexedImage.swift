/// An image of 8-bit shades, to be coloured by a ``ColorMap``.
public struct IndexedImage: Sendable, Hashable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Shades, row-major, top row first.
  public private(set) var shades: [UInt8]

  /// An image of one shade.
  public init(width: Int, height: Int, shade: UInt8 = 0) {
    precondition(width > 0 && height > 0, "an image of \(width) x \(height) pixels")
    self.width = width
    self.height = height
    shades = [UInt8](repeating: shade, count: width * height)
  }

  /// The shade of the pixel in a column and row.
  public subscript(x: Int, y: Int) -> UInt8 {
    get { shades[y * width + x] }
    set { shades[y * width + x] = newValue }
  }

  /// Copies another image into this one, its top left corner at a column and row; what would stick
  /// out is cut off.
  public mutating func draw(_ other: IndexedImage, x: Int, y: Int) {
    for row in 0..<other.height where (0..<height).contains(y + row) {
      for column in 0..<other.width where (0..<width).contains(x + column) {
        self[x + column, y + row] = other[column, row]
      }
    }
  }

  /// Fills a rectangle; what would stick out is cut off.
  public mutating func fill(x: Int, y: Int, width: Int, height: Int, shade: UInt8) {
    for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
      for column in max(0, x)..<max(0, x, min(self.width, x + width)) {
        self[column, row] = shade
      }
    }
  }

  /// Every pixel as a square of `factor` pixels.
  public func enlarged(by factor: Int) -> IndexedImage {
    precondition(factor > 0, "an image enlarged by \(factor)")
    var image = IndexedImage(width: width * factor, height: height * factor)
    for y in 0..<image.height {
      for x in 0..<image.width { image[x, y] = self[x / factor, y / factor] }
    }
    return image
  }

  /// Images in rows from the top left, with a margin around and between them.
  ///
  /// - Parameters:
  ///   - images: At least one, all of one size.
  ///   - columns: Images in a row.
  ///   - margin: Pixels between images and around the grid.
  ///   - shade: The shade of margins and of places without an image.
  public static func grid(
    of images: [IndexedImage], columns: Int, margin: Int = 4, shade: UInt8 = 255
  ) -> IndexedImage {
    guard let first = images.first else { preconditionFailure("a grid without images") }
    precondition(columns > 0 && margin >= 0, "a grid of \(columns) columns, margin \(margin)")
    let rows = (images.count + columns - 1) / columns
    var grid = IndexedImage(
      width: columns * (first.width + margin) + margin,
      height: rows * (first.height + margin) + margin, shade: shade)
    for (index, image) in images.enumerated() {
      precondition(
        image.width == first.width && image.height == first.height,
        "a grid of \(first.width) x \(first.height) and \(image.width) x \(image.height) pixels")
      grid.draw(
        image, x: margin + index % columns * (first.width + margin),
        y: margin + index / columns * (first.height + margin))
    }
    return grid
  }
}
