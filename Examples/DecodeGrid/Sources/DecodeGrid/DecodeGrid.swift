import Breakbeats

@main
struct DecodeGrid {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      print("usage: DecodeGrid MODEL.safetensors FOLDER")
      return
    }
    let generator = try BreakbeatGenerator(contentsOf: arguments[1])
    print("Device: \(generator.device)")
    let pictures = try await generator.spectrograms(count: 16, seed: 7)
    let grid = IndexedImage.grid(of: pictures.map { $0.shades() }, columns: 4)
    try grid.writePNG(to: arguments[2] + "/grid.png")

    let bars = generator.configuration.spectrogram.bars
    for (index, loop) in try await generator.loops(of: pictures).enumerated() {
      try WaveFile.write(loop, to: "\(arguments[2])/loop-\(index).wav", bars: bars)
    }
    print("Wrote a grid and \(pictures.count) loops to \(arguments[2])")
  }
}
