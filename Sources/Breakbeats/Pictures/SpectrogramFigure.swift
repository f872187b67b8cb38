public import SpectralAudio

/// A picture with axes: frequency at the left, time below, and a bar of levels at the right.
public struct SpectrogramFigure: Sendable {
  /// The picture.
  public let image: SpectrogramImage
  /// What its rows, columns and levels mean.
  public let settings: SpectrogramSettings

  private let scale = 2
  private let tick = 5
  private let ink: UInt8 = 0
  private let paper: UInt8 = 255

  /// A figure of a picture made with given settings.
  public init(_ image: SpectrogramImage, settings: SpectrogramSettings) {
    precondition(
      image.bands == settings.bands && image.frames == settings.frames,
      "figure: \(image.bands) x \(image.frames) pixels, settings for \(settings.bands) x "
        + "\(settings.frames)")
    self.image = image
    self.settings = settings
  }

  /// The figure as shades; every level of the picture keeps its own pixel.
  public func drawn() -> IndexedImage {
    let left = PixelFont.width(of: "2.5kHz", scale: scale) + tick + 8
    let bottom = PixelFont.height(scale: scale) + tick + 8
    let bar = 12
    let right = bar + PixelFont.width(of: "-80dB", scale: scale) + tick + 20
    let top = 10
    var figure = IndexedImage(
      width: left + image.frames + right, height: top + image.bands + bottom, shade: paper)
    figure.draw(image.shades(), x: left, y: top)
    drawFrequencies(into: &figure, x: left, top: top)
    drawTimes(into: &figure, left: left, y: top + image.bands)
    drawLevels(into: &figure, x: left + image.frames + 12, top: top, width: bar)
    return figure
  }

  private func drawFrequencies(into figure: inout IndexedImage, x: Int, top: Int) {
    let centres = MelFilterBank(settings).frequencies.dropFirst().dropLast()
    let candidates = [100, 200, 500, 1000, 2000, 3000, 4000, 5000, 8000, 12000, 20000]
    var lastRow = Int.max
    for frequency in candidates {
      guard
        let band = centres.firstIndex(where: { $0 >= Double(frequency) }).map({ $0 - 1 })
      else { break }
      let row = top + image.bands - 1 - band
      guard lastRow - row >= PixelFont.height(scale: scale) + 4 else { continue }
      lastRow = row
      figure.fill(x: x - tick, y: row, width: tick, height: 1, shade: ink)
      let text = frequency < 1000 ? "\(frequency)Hz" : "\(frequency / 1000)kHz"
      PixelFont.draw(
        text, into: &figure, x: x - tick - 3 - PixelFont.width(of: text, scale: scale),
        y: row - PixelFont.height(scale: scale) / 2, scale: scale, shade: ink)
    }
  }

  private func drawTimes(into figure: inout IndexedImage, left: Int, y: Int) {
    let duration = settings.loopDuration
    // A text and a gap of its height at least for each tick.
    let text = PixelFont.width(of: "0.0s", scale: scale) + PixelFont.height(scale: scale)
    let most = min(8, max(1, image.frames / text))
    let step = [0.1, 0.2, 0.5, 1, 2, 5, 10].first { duration / $0 <= Double(most) } ?? 60
    var tenths = 0
    let stepTenths = Int((step * 10).rounded())
    while Double(tenths) / 10 <= duration {
      let x = left + Int(Double(tenths) / 10 / duration * Double(image.frames))
      figure.fill(x: x, y: y, width: 1, height: tick, shade: ink)
      let text = "\(tenths / 10).\(tenths % 10)s"
      PixelFont.draw(
        text, into: &figure, x: x - PixelFont.width(of: text, scale: scale) / 2, y: y + tick + 3,
        scale: scale, shade: ink)
      tenths += stepTenths
    }
  }

  private func drawLevels(into figure: inout IndexedImage, x: Int, top: Int, width: Int) {
    let height = image.bands
    for row in 0..<height {
      let level = Double(height - 1 - row) / Double(max(height - 1, 1))
      figure.fill(
        x: x, y: top + row, width: width, height: 1, shade: UInt8((255 * level).rounded()))
    }
    let range = Int(settings.dynamicRange.rounded())
    for decibels in stride(from: 0, through: range, by: max(10, range / 4)) {
      let row = top + (height - 1) * decibels / max(range, 1)
      figure.fill(x: x + width, y: row, width: tick, height: 1, shade: ink)
      PixelFont.draw(
        decibels == 0 ? "0dB" : "-\(decibels)dB", into: &figure, x: x + width + tick + 3,
        y: row - PixelFont.height(scale: scale) / 2, scale: scale, shade: ink)
    }
  }
}
