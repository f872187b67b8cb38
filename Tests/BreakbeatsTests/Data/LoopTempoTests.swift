import BreakbeatTraining
import Testing

@Suite("Tempo of a loop")
struct LoopTempoTests {
  @Test(arguments: [
    (1.753, "loop_amen.flac", 1.0, LoopTempo.Origin.duration),
    (6.857, "loop_amen_full.flac", 4.0, .duration),
    (1.21, "just below 200.wav", 1.0, .fileName),
    (2.4, "at 100.wav", 1.0, .fileName),
    (2.4, "no 101.wav", 1.0, .duration),
    (5.647, "think_170bpm_4bars.wav", 4.0, .fileName),
    (5.7, "Think BPM 170.wav", 4.0, .fileName),
    (5.0, "97.5 bpm soul.wav", 2.0, .fileName),
    (4.0, "bpm.wav", 2.0, .duration),
  ])
  func fromDurationAndName(
    seconds: Double, name: String, bars: Double, origin: LoopTempo.Origin
  ) throws {
    let tempo = try LoopTempo(duration: seconds, name: name)
    #expect(tempo.bars == bars)
    #expect(tempo.origin == origin)
    if origin == .duration { #expect((100.0...200).contains(tempo.beatsPerMinute)) }
    #expect(tempo.duration <= seconds * 1.021)
  }

  @Test(
    "a name without its hints keeps the rest",
    arguments: [
      ("think_170bpm_4bars", "think"), ("BPM 96.5 soul", "soul"), ("97.5 bpm soul", "soul"),
      ("apache 112bpm downbeat0.25", "apache"), ("loop_amen_full", "loop-amen-full"),
      ("amen_165", "amen-165"), ("bars of steel", "bars-of-steel"), ("bpm", "bpm"),
      ("120bpm", "loop"), ("170bpm_4bars", "loop"), ("--", "--"), ("2bar take 3", "take-3"),
      ("Füße 90 BPM", "Füße"),
    ])
  func withoutHints(name: String, rest: String) {
    #expect(LoopNameHints.removed(from: name) == rest)
  }

  @Test("given numbers win over the name")
  func given() throws {
    let byBars = try LoopTempo(duration: 6, name: "x 90bpm.wav", bars: 3)
    #expect(byBars.beatsPerMinute == 120 && byBars.origin == .given)
    let byTempo = try LoopTempo(duration: 6, name: "x 90bpm.wav", beatsPerMinute: 160)
    #expect(byTempo.bars == 4 && byTempo.beatsPerMinute == 160)
  }

  @Test("folders of a path tell no tempo")
  func folders() throws {
    #expect(try LoopTempo(duration: 4, name: "170bpm/loop.wav").origin == .duration)
    #expect(try LoopTempo(duration: 6, name: "x/160bpm.wav").beatsPerMinute == 160)
  }

  @Test(
    "errors tell the whole path and numbers to read",
    arguments: [
      (0.0011337868480725624, nil, nil, "0.0011 seconds are too short for a loop"),
      (2, nil, .nan, "a tempo of nan bpm"), (2, nil, .infinity, "a tempo of inf bpm"),
      (0.50000001, nil, 20, "no room for 0.25 bars at 20 bpm in 0.5 s"),
      (1.23456789, 1, 120, "no room for 1 bar at 120 bpm in 1.23 s"),
      (2.00000001, 400, nil, "400 bars in 2 s would be 48000 bpm"),
    ] as [(Double, Double?, Double?, String)])
  func errors(seconds: Double, bars: Double?, beatsPerMinute: Double?, text: String) {
    let error = #expect(throws: TrainingDataError.self) {
      try LoopTempo(
        duration: seconds, name: "au/short.wav", bars: bars, beatsPerMinute: beatsPerMinute)
    }
    #expect(error?.message == "au/short.wav: \(text)")
  }

  @Test("sentences have one bar and a first beat that can be read")
  func sentences() {
    let one = LoopTempo(bars: 1, beatsPerMinute: 120, downbeat: 0.0041, origin: .given)
    #expect(one.description == "1 bar at 120 bpm from 0.0041 s on, as given")
    let two = LoopTempo(bars: 2, beatsPerMinute: 146.484375, origin: .fileName)
    #expect(two.description == "2 bars at 146.48 bpm, from the file's name")
  }

  @Test(
    "impossible numbers are errors", arguments: [(2.0, 400.0), (2.0, -1), (2.0, .nan), (0.1, 1)])
  func impossible(seconds: Double, bars: Double) {
    #expect(throws: TrainingDataError.self) {
      _ = try LoopTempo(duration: seconds, name: "x", bars: bars)
    }
    #expect(throws: TrainingDataError.self) {
      _ = try LoopTempo(duration: 0.1, name: "x", beatsPerMinute: 120)
    }
    #expect(throws: TrainingDataError.self) {
      _ = try LoopTempo(duration: 2, name: "x", beatsPerMinute: .infinity)
    }
  }
}
