import BreakbeatTraining
import Breakbeats
import Dispatch
import Foundation
import SpectralAudio
import Testing

@Suite("Loop files")
struct LoopFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// Longer than what is handed to an encoder at a time, and no multiple of it.
  private let sound = Waveform(
    samples: (0..<300_001).map { Float(sin(0.05 * Double($0))) / 2 }, sampleRate: 44_100)

  @Test("a long Ogg file needs no long stack")
  func ogg() throws {
    let (sound, path) = (sound, folder("long.ogg"))
    let isDone = DispatchSemaphore(value: 0)
    let thread = Thread {
      try? LoopFile.write(sound, to: path, bars: nil, container: .ogg)
      isDone.signal()
    }
    // A copy of the samples takes more than twice as much.
    thread.stackSize = 512 * 1024
    thread.start()
    isDone.wait()
    let back = try Waveform(contentsOf: path).samples
    #expect(back.count == sound.samples.count)
    var (error, power) = (0.0, 0.0)
    for (value, expected) in zip(back, sound.samples) {
      error += Double(value - expected) * Double(value - expected)
      power += Double(expected) * Double(expected)
    }
    #expect(error < 0.02 * power, "\(error / power)")
  }

  @Test(
    "sample rates that files cannot have are errors", arguments: LoopFile.Container.allCases,
    [0.4, 2e9, 2_147_483_648, 1e300])
  func rates(_ container: LoopFile.Container, _ rate: Double) {
    #expect(container.holds(sampleRate: 44_100))
    #expect(!container.holds(sampleRate: rate))
    let sound = Waveform(samples: [Float](repeating: 0, count: 16), sampleRate: rate)
    #expect(throws: (any Error).self) {
      try LoopFile.bytes(
        of: sound, bars: nil, container: container,
        format: container.holds(.float32) ? .float32 : .pcm16)
    }
  }

  @Test("the comment of a FLAC file tells any number of bars", arguments: [2, 0.5, 1e300])
  func comment(_ bars: Double) throws {
    let sound = Waveform(samples: [Float](repeating: 0, count: 16), sampleRate: 44_100)
    let bytes = try LoopFile.bytes(of: sound, bars: bars, container: .flac)
    let text = bars == 2 ? " 2 bars, loop" : " \(bars) bars, loop"
    #expect(Data(bytes).range(of: Data(text.utf8)) != nil)
  }

  @Test("a long FLAC file holds the samples of the WAV file")
  func flac() throws {
    let paths = ["wav", "flac"].map { folder("long.\($0)") }
    for (path, container) in zip(paths, [LoopFile.Container.wav, .flac]) {
      try LoopFile.write(sound, to: path, bars: nil, container: container)
    }
    #expect(try Waveform(contentsOf: paths[0]).samples == Waveform(contentsOf: paths[1]).samples)
  }
}
