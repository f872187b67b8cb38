extension IndexedImage {
  /// A ``grid(of:columns:margin:shade:)`` with a label below each image and a caption below all.
  ///
  /// - Parameters:
  ///   - images: At least one, all of one size.
  ///   - columns: Images in a row.
  ///   - labels: One for each image, for example the number in its file's name; what is wider than
  ///     the image is cut off.
  ///   - caption: A line for the whole grid; empty for none.
  public static func grid(
    of images: [IndexedImage], columns: Int, labels: [String], caption: String = ""
  ) -> IndexedImage {
    precondition(
      images.count == labels.count, "a grid of \(images.count) images, \(labels.count) labels")
    let paper: UInt8 = 255
    let scale = 2
    let lineHeight = PixelFont.height(scale: scale) + 4
    let labelled = zip(images, labels).map { image, label in
      var cell = IndexedImage(
        width: image.width, height: image.height + lineHeight, shade: paper)
      cell.draw(image, x: 0, y: 0)
      PixelFont.draw(
        label.uppercased(), into: &cell, x: 0, y: image.height + 3, scale: scale, shade: 0)
      return cell
    }
    let grid = grid(of: labelled, columns: columns, shade: paper)
    guard !caption.isEmpty else { return grid }
    var whole = IndexedImage(width: grid.width, height: grid.height + lineHeight + 4, shade: paper)
    whole.draw(grid, x: 0, y: 0)
    PixelFont.draw(caption.uppercased(), into: &whole, x: 4, y: grid.height, scale: scale, shade: 0)
    return whole
  }
}
