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
    let tempo = LoopTempo(bars: 4, beatsPerMinute: 137, origin: .given)
    var drummer = SyntheticDrummer(sampleRate: 22_050, tempo: tempo, seed: seed)
    return BreakSource(name: "synthetic-amen", waveform: drummer.play(), tempo: tempo)
  }
}

/// Plays drum notation with synthetic drums.
struct SyntheticDrummer {
  /// The amen break: `K` kick, `S` snare, `g` soft snare, `C` crash, `.` nothing but the ride.
  static let amen = [
    "K.K.S..g.gKKS..g", "K.K.S..g.gKKS..g", "K.K.S..g.gK...S.", "..KKS..g.gC...S.",
  ]

  private let sampleRate: Double
  private let tempo: LoopTempo
  private var random: PhiloxStream
  private var output: [Float]

  init(sampleRate: Double, tempo: LoopTempo, seed: UInt64) {
    self.sampleRate = sampleRate
    self.tempo = tempo
    random = PhiloxStream(seed: seed)
    output = [Float](repeating: 0, count: Int((tempo.duration * sampleRate).rounded()))
  }

  /// One pass of the pattern, peak 1.
  mutating func play() -> Waveform {
    let sixteenth = tempo.duration / (16 * tempo.bars)
    for (bar, line) in Self.amen.enumerated() {
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
        if position % 2 == 0 { noise(time, touch * 0.22, decay: 0.05, from: 0.9) }
      }
    }
    let peak = output.reduce(0) { max($0, abs($1)) }
    return Waveform(samples: output.map { $0 / peak }, sampleRate: sampleRate)
  }

  /// A sine that falls from 160 to 50 Hz, with a click.
  private mutating func kick(_ time: Double, _ level: Double) {
    var phase = 0.0
    let rate = sampleRate
    add(time, duration: 0.3) { t in
      phase += 2 * .pi * (50 + 110 * exp(-t / 0.03)) / rate
      return level * (sin(phase) * exp(-t / 0.09) + 0.3 * exp(-t / 0.002))
    }
  }

  /// Two tones of a drum head and the rattle of the wires.
  private mutating func snare(_ time: Double, _ level: Double) {
    add(time, duration: 0.25) { t in
      let head = sin(2 * .pi * 185 * t) + 0.6 * sin(2 * .pi * 330 * t)
      return level * 0.5 * head * exp(-t / 0.05)
    }
    noise(time, level * 0.7, decay: 0.08, from: 0.3)
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
