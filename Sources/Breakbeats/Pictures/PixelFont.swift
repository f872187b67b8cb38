/// Letters for the axes of figures and the labels of grids, 3 x 5 pixels each. Small letters without
/// a form of their own are shown as capitals.
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
    "A": [0b010, 0b101, 0b111, 0b101, 0b101],
    "C": [0b011, 0b100, 0b100, 0b100, 0b011],
    "D": [0b110, 0b101, 0b101, 0b101, 0b110],
    "E": [0b111, 0b100, 0b110, 0b100, 0b111],
    "F": [0b111, 0b100, 0b110, 0b100, 0b100],
    "G": [0b011, 0b100, 0b101, 0b101, 0b011],
    "I": [0b111, 0b010, 0b010, 0b010, 0b111],
    "J": [0b001, 0b001, 0b001, 0b101, 0b010],
    "K": [0b101, 0b101, 0b110, 0b101, 0b101],
    "L": [0b100, 0b100, 0b100, 0b100, 0b111],
    "M": [0b101, 0b111, 0b111, 0b101, 0b101],
    "N": [0b110, 0b101, 0b101, 0b101, 0b101],
    "O": [0b010, 0b101, 0b101, 0b101, 0b010],
    "P": [0b110, 0b101, 0b110, 0b100, 0b100],
    "Q": [0b010, 0b101, 0b101, 0b111, 0b011],
    "R": [0b110, 0b101, 0b110, 0b101, 0b101],
    "S": [0b011, 0b100, 0b010, 0b001, 0b110],
    "T": [0b111, 0b010, 0b010, 0b010, 0b010],
    "U": [0b101, 0b101, 0b101, 0b101, 0b111],
    "V": [0b101, 0b101, 0b101, 0b101, 0b010],
    "W": [0b101, 0b101, 0b111, 0b111, 0b101],
    "X": [0b101, 0b101, 0b010, 0b101, 0b101],
    "Y": [0b101, 0b101, 0b010, 0b010, 0b010],
    "Z": [0b111, 0b001, 0b010, 0b100, 0b111],
    "+": [0b000, 0b010, 0b111, 0b010, 0b000],
    "/": [0b001, 0b001, 0b010, 0b100, 0b100],
    ":": [0b000, 0b010, 0b000, 0b010, 0b000],
    "_": [0b000, 0b000, 0b000, 0b000, 0b111],
    ",": [0b000, 0b000, 0b000, 0b010, 0b100],
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
      let capital = character.uppercased().first ?? character
      guard let rows = glyphs[character] ?? glyphs[capital] else { continue }
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
