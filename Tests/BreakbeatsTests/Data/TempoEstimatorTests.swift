import BreakbeatTraining
import Foundation
import SpectralAudio
import Testing

@Suite("Tempo by ear")
struct TempoEstimatorTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func write(
    _ name: String, _ samples: [Float], rate: Int = 22_050
  ) throws -> BreakSource {
    try BreakSource(contentsOf: folder.write(name, wav(samples, rate: rate)))
  }

  @Test("the synthetic breaks' tempi are heard, alone and repeated")
  func synthetic() throws {
    for source in BreakSource.syntheticBreaks() {
      let samples = try source.waveform.samples
      for (name, sound, bars) in [
        ("once", samples, 4.0), ("three times", samples + samples + samples, 12),
      ] {
        let heard = try write("\(source.name) \(name).wav", sound).tempo
        #expect(heard.origin == .estimated)
        let ratio = heard.beatsPerMinute / source.tempo.beatsPerMinute
        #expect(abs(ratio - 1) < 0.01, "\(source.name) \(name): \(heard.description)")
        #expect(heard.bars == bars, "\(source.name) \(name): \(heard.description)")
        #expect(heard.downbeat == 0)
        #expect(heard.confidence ?? 0 > 0.3 && heard.description.contains("% sure"))
      }
    }
  }

  @Test("silence around a break is left out")
  func silence() throws {
    let samples = try BreakSource.synthetic().waveform.samples
    let before = [Float](repeating: 0, count: 15_000)
    let heard = try write("padded.wav", before + samples + before).tempo
    #expect(abs(heard.beatsPerMinute / 137 - 1) < 0.01, "\(heard.description)")
    #expect(heard.bars == 4 && abs(heard.downbeat - 15_000 / 22_050) < 0.02, "\(heard.description)")
  }

  @Test("a sound without rhythm gets a tempo from its length, which is said")
  func noRhythm() throws {
    let tone = (0..<44_100).map { Float(sin(Double($0) * 0.1)) * 0.5 }
    let tempo = try write("tone.wav", tone).tempo
    #expect(tempo.origin == .duration && tempo.description.contains("no rhythm"))
  }

  @Test("names tell tempo, bars and downbeat")
  func names() throws {
    let samples = try BreakSource.synthetic().waveform.samples
    let lead = [Float](repeating: 0.001, count: 11_025)
    let named = try write("x 137bpm 4bars downbeat0.5.wav", lead + samples).tempo
    #expect(named.origin == .fileName && named.bars == 4 && abs(named.downbeat - 0.5) < 1e-4)
    #expect(try write("amen_137.wav", samples).tempo.origin == .fileName)
    #expect(try write("take 12.wav", samples).tempo.origin == .estimated)
    // 165 does not fit the length: a catalogue number.
    #expect(try write("catalogue 165.wav", samples).tempo.origin == .estimated)
  }

  @Test("a given downbeat beyond the sound is an error")
  func badDownbeat() throws {
    let path = try folder.write("a.wav", wav(clicks(seconds: 2)))
    for downbeat in [-1, 2, .nan] as [Double] {
      #expect(throws: TrainingDataError.self) {
        _ = try BreakSource(contentsOf: path, downbeat: downbeat)
      }
    }
    let later = try BreakSource(contentsOf: path, beatsPerMinute: 120, downbeat: 0.5)
    #expect(later.tempo.downbeat == 0.5 && later.tempo.duration <= 1.53)
  }
}
