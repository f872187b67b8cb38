import SpectralAudio
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension BreakSource {
  /// A synthetic break, for when no recording is at hand: kick, snare, hat, ride and crash made of
  /// sines and filtered noise, four bars in the pattern of the amen break at 137 bpm. It is no
  /// recording and sounds like none.
  public static func synthetic(seed: UInt64 = 1) -> BreakSource {
    synthetic(DrumPattern.amen, seed: seed)
  }

  /// The synthetic break and its variations: other bars, tempi, drums and cymbals.
  public static func syntheticBreaks(seed: UInt64 = 1) -> [BreakSource] {
    DrumPattern.all.map { synthetic($0, seed: seed) }
  }

  private static func synthetic(_ pattern: DrumPattern, seed: UInt64) -> BreakSource {
    let tempo = LoopTempo(bars: 4, beatsPerMinute: pattern.beatsPerMinute, origin: .given)
    var drummer = SyntheticDrummer(sampleRate: 22_050, pattern: pattern, tempo: tempo, seed: seed)
    return BreakSource(name: pattern.name, waveform: drummer.play(), tempo: tempo)
  }
}

/// Plays drum notation with synthetic drums.
struct SyntheticDrummer {
  private let sampleRate: Double
  private let pattern: DrumPattern
  private let tempo: LoopTempo
  private var random: PhiloxStream
  private var output: [Float]

  init(sampleRate: Double, pattern: DrumPattern, tempo: LoopTempo, seed: UInt64) {
    self.sampleRate = sampleRate
    self.pattern = pattern
    self.tempo = tempo
    random = PhiloxStream(seed: seed)
    output = [Float](repeating: 0, count: Int((tempo.duration * sampleRate).rounded()))
  }

  /// One pass of the pattern, peak 1.
  mutating func play() -> Waveform {
    let sixteenth = tempo.duration / (16 * tempo.bars)
    for (bar, line) in pattern.drums.enumerated() {
      for (position, symbol) in line.enumerated() {
        // A drummer is a few milliseconds off the grid.
        let sway = random.uniform(in: -0.004..<0.004)
        let time = (Double(bar * 16 + position)) * sixteenth + sway
        let touch = random.uniform(in: 0.85..<1)
        switch symbol {
        case "K": kick(time, touch)
        case "S": snare(time, touch)
        case "g": snare(time, touch * 0.3)
        case "C": noise(time, touch * 0.6, decay: 0.9, from: 0.75)
        default: break
        }
        switch pattern.cymbal(at: position) {
        case "r": ride(time, touch * 0.25)
        case "h": noise(time, touch * 0.22, decay: 0.03, from: 0.9)
        case "o": noise(time, touch * 0.25, decay: 0.14, from: 0.85)
        default: break
        }
      }
    }
    let peak = output.reduce(0) { max($0, abs($1)) }
    return Waveform(samples: output.map { $0 / peak }, sampleRate: sampleRate)
  }

  /// A sine that falls from 160 to 50 Hz, with a click.
  private mutating func kick(_ time: Double, _ level: Double) {
    var phase = 0.0
    let rate = sampleRate
    let tuning = pattern.tuning
    add(time, duration: 0.3) { t in
      phase += 2 * .pi * tuning * (50 + 110 * exp(-t / 0.03)) / rate
      return level * (sin(phase) * exp(-t / 0.09) + 0.3 * exp(-t / 0.002))
    }
  }

  /// Two tones of a drum head and the rattle of the wires.
  private mutating func snare(_ time: Double, _ level: Double) {
    let tone = 2 * .pi * 185 * pattern.tuning
    add(time, duration: 0.25) { t in
      let head = sin(tone * t) + 0.6 * sin(1.78 * tone * t)
      return level * 0.5 * head * exp(-t / 0.05)
    }
    noise(time, level * 0.7, decay: 0.08, from: 0.3)
  }

  /// Six partials of a cymbal, none the multiple of another, and the tick of the stick.
  private mutating func ride(_ time: Double, _ level: Double) {
    add(time, duration: 0.6) { t in
      var sum = 0.0
      for ratio in [2, 3, 4.16, 5.43, 6.79, 8.21] { sum += sin(2 * .pi * 540 * ratio * t) }
      return level * 0.25 * sum * (0.6 * exp(-t / 0.18) + 0.4 * exp(-t / 0.02))
    }
    noise(time, level * 0.6, decay: 0.015, from: 0.9)
  }

  /// Noise that dies away, high-passed: `from` is the filter's pole, nearer 1 is brighter.
  private mutating func noise(
    _ time: Double, _ level: Double, decay: Double, from brightness: Double
  ) {
    var generator = random
    var previous = 0.0
    var filtered = 0.0
    add(time, duration: decay * 5) { t in
      let sample = generator.uniform(in: -1..<1)
      filtered = sample - previous * brightness
      previous = sample
      return level * 0.6 * filtered * exp(-t / decay) * (1 - exp(-t / 0.0005))
    }
    random = generator
  }

  /// Adds a sound from a time on, around the loop's end.
  private mutating func add(_ time: Double, duration: Double, _ sound: (Double) -> Double) {
    let start = Int((time * sampleRate).rounded())
    for offset in 0..<Int(duration * sampleRate) {
      let index = (((start + offset) % output.count) + output.count) % output.count
      output[index] += Float(sound(Double(offset) / sampleRate))
    }
  }
}
