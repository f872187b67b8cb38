import Breakbeats
import CZlib
import SpectralAudio
import Testing

@Suite struct PictureTests {
  @Test func shadesClampAndPutTheHighestBandOnTop() {
    let image = SpectrogramImage(
      bands: 2, frames: 3, levels: [0, 0.5, 1, -1, 7, .nan]
    ).shades()
    #expect((image.width, image.height) == (3, 2))
    #expect(image.shades == [0, 255, 0, 0, 128, 255])
  }

  @Test func pngHoldsEveryPixel() throws {
    var image = IndexedImage(width: 37, height: 19)
    for y in 0..<19 { for x in 0..<37 { image[x, y] = UInt8((x * 7 + y * 31) % 256) } }
    let png = try PNGReader(image.png())
    #expect((png.width, png.height) == (37, 19))
    #expect(png.palette.count == 768)
    #expect(png.shades == image.shades)
  }

  @Test func gridPlacesImagesInRows() {
    let images = (0..<3).map { IndexedImage(width: 2, height: 1, shade: UInt8($0)) }
    let grid = IndexedImage.grid(of: images, columns: 2, margin: 1, shade: 9)
    #expect((grid.width, grid.height) == (7, 5))
    #expect(
      grid.shades == [
        9, 9, 9, 9, 9, 9, 9,
        9, 0, 0, 9, 1, 1, 9,
        9, 9, 9, 9, 9, 9, 9,
        9, 2, 2, 9, 9, 9, 9,
        9, 9, 9, 9, 9, 9, 9,
      ])
  }

  @Test(arguments: [ColorMap.ember, ColorMap.gray])
  func lightnessRisesEvenly(_ map: ColorMap) {
    let lightness = map.colors.map(luminance)
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 <= $1 + 0.003 })
    #expect(lightness[0] < 0.01)
    #expect(lightness[255] > 0.8)
    // Oklab's lightness is close to the cube root of luminance.
    let middle = Double(lightness[128]).squareRoot().squareRoot()
    #expect(middle > 0.55 && middle < 0.75)
  }

  private func luminance(_ color: SIMD3<UInt8>) -> Double {
    let linear = SIMD3<Double>(color) / 255
    let squared = linear * linear
    return 0.2126 * squared.x + 0.7152 * squared.y + 0.0722 * squared.z
  }

  @Test func figureKeepsThePicture() {
    let settings = SpectrogramSettings.tiny
    let levels = (0..<settings.pixelCount).map { Float($0 % 97) / 96 }
    let image = SpectrogramImage(bands: 64, frames: 64, levels: levels)
    let figure = SpectrogramFigure(image, settings: settings).drawn()
    let shades = image.shades()
    let found = (0..<figure.width - 64).contains { left in
      (0..<figure.height - 64).contains { top in
        (0..<64).allSatisfy { row in
          (0..<64).allSatisfy { figure[left + $0, top + row] == shades[$0, row] }
        }
      }
    }
    #expect(found)
  }
}

/// Reads the PNG files that this package writes.
private struct PNGReader {
  var width = 0
  var height = 0
  var palette: [UInt8] = []
  var shades: [UInt8] = []

  init(_ bytes: [UInt8]) throws {
    #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    var position = 8
    while position < bytes.count {
      let size = number(bytes, at: position)
      let name = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
      let checked = Array(bytes[position + 4..<position + 8 + size])
      #expect(Int(crc32(0, checked, uInt(checked.count))) == number(bytes, at: position + 8 + size))
      let body = Array(checked.dropFirst(4))
      switch name {
      case "IHDR":
        (width, height) = (number(body, at: 0), number(body, at: 4))
        #expect(Array(body[8...]) == [8, 3, 0, 0, 0])
      case "PLTE": palette = body
      case "IDAT":
        var count = uLong((width + 1) * height)
        var rows = [UInt8](repeating: 1, count: Int(count))
        #expect(uncompress(&rows, &count, body, uLong(body.count)) == Z_OK)
        for y in 0..<height {
          #expect(rows[y * (width + 1)] == 0)
          shades += rows[y * (width + 1) + 1..<(y + 1) * (width + 1)]
        }
      default: #expect(name == "IEND")
      }
      position += 12 + size
    }
  }

  private func number(_ bytes: [UInt8], at offset: Int) -> Int {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
