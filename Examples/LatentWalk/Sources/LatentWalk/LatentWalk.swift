import Breakbeats
import SpectralAudio

@main
struct LatentWalk {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count == 2 || arguments.count == 4 && arguments[2] == "--seconds",
      let seconds = arguments.count == 4 ? Double(arguments[3]) : 120, (1...3600).contains(seconds)
    else {
      print("usage: LatentWalk MODEL.safetensors OUT.wav [--seconds 120]")
      return
    }
    let generator = try BreakbeatGenerator(contentsOf: arguments[0])
    print("Device: \(generator.device)")
    let settings = generator.configuration.spectrogram

    // From one drawn loop to the next along an arc, eight loops for each stretch of the way; the
    // last stretch is the one that the last loop is on.
    let count = max(1, Int((seconds / settings.loopDuration).rounded()))
    let stops = try generator.sampledLatents(count: (count - 1) / 8 + 2, seed: 7)
    var way: [[Float]] = []
    for (start, end) in zip(stops, stops.dropFirst()) {
      way += try generator.latents.interpolation(
        from: start, to: end, steps: 9, spherical: true
      ).dropLast()
    }
    let loops = try await generator.draw(Array(way.prefix(count))) { done, count in
      print("\(done) of \(count) loops")
    }.map(\.sound)

    var walk = Waveform(samples: [], sampleRate: settings.sampleRate)
    for (index, loop) in loops.enumerated() {
      // Each loop goes on around its end while the next one fades in: there is no seam to hear.
      let fading = loops[max(index - 1, 0)].samples
      let length = loop.samples.count / 16
      walk.samples += loop.samples.enumerated().map { position, sample in
        let weight = min(1, Float(position) / Float(length))
        return weight * sample + (1 - weight) * fading[position]
      }
    }
    try WaveFile.write(walk, to: arguments[1], bars: settings.bars * Double(loops.count))
    print("Wrote \(arguments[1]): \(walk.duration) seconds")
  }
}
