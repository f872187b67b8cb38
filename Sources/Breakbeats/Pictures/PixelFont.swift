/// Letters for the axes of figures: the digits and a few signs, 3 x 5 pixels each.
enum PixelFont {
  /// Rows of three pixels, top first, by character.
  private static let glyphs: [Character: [UInt8]] = [
    "0": [0b111, 0b101, 0b101, 0b101, 0b111],
    "1": [0b010, 0b110, 0b010, 0b010, 0b111],
    "2": [0b111, 0b001, 0b111, 0b100, 0b111],
    "3": [0b111, 0b001, 0b011, 0b001, 0b111],
    "4": [0b101, 0b101, 0b111, 0b001, 0b001],
    "5": [0b111, 0b100, 0b111, 0b001, 0b111],
    "6": [0b111, 0b100, 0b111, 0b101, 0b111],
    "7": [0b111, 0b001, 0b010, 0b010, 0b010],
    "8": [0b111, 0b101, 0b111, 0b101, 0b111],
    "9": [0b111, 0b101, 0b111, 0b001, 0b111],
    ".": [0b000, 0b000, 0b000, 0b000, 0b010],
    "-": [0b000, 0b000, 0b111, 0b000, 0b000],
    "H": [0b101, 0b101, 0b111, 0b101, 0b101],
    "z": [0b000, 0b111, 0b001, 0b010, 0b111],
    "k": [0b100, 0b101, 0b110, 0b101, 0b101],
    "s": [0b000, 0b111, 0b110, 0b011, 0b111],
    "d": [0b001, 0b001, 0b111, 0b101, 0b111],
    "B": [0b110, 0b101, 0b110, 0b101, 0b110],
  ]

  /// Width of a text in pixels.
  static func width(of text: String, scale: Int) -> Int { max(0, 4 * text.count - 1) * scale }

  /// Height of a text in pixels.
  static func height(scale: Int) -> Int { 5 * scale }

  /// Draws a text; characters without a glyph leave a gap.
  static func draw(
    _ text: String, into image: inout IndexedImage, x: Int, y: Int, scale: Int, shade: UInt8
  ) {
    for (position, character) in text.enumerated() {
      guard let rows = glyphs[character] else { continue }
      for (row, bits) in rows.enumerated() {
        for column in 0..<3 where bits >> (2 - column) & 1 == 1 {
          image.fill(
            x: x + (4 * position + column) * scale, y: y + row * scale, width: scale,
            height: scale, shade: shade)
        }
      }
    }
  }
}
