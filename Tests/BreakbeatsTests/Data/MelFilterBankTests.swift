import Foundation
import SpectralAudio
import Testing

@Suite("Mel filter bank")
struct MelFilterBankTests {
  @Test("rows of the wide bank sum to 1 and none is empty, at any size")
  func wideRows() {
    for settings in [SpectrogramSettings.tiny, .demo, .small, .full] {
      let bank = MelFilterBank(settings)
      for band in 0..<bank.bands {
        let row = bank.weights[band * bank.bins..<(band + 1) * bank.bins]
        #expect(abs(row.reduce(0, +) - 1) < 1e-5)
        #expect(row.filter { $0 > 0 }.count == bank.support[band].count)
        #expect(!bank.support[band].isEmpty)
      }
    }
  }

  @Test("plain Slaney triangles are librosa's", .enabled(if: GoldenFile.exists))
  func golden() throws {
    let file = try #require(try GoldenFile("mel_filterbanks"))
    for (name, text) in file.cases where name.hasPrefix("mel_") {
      let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      let parameters = try #require(json)
      func number(_ key: String) -> Double { (parameters[key] as? NSNumber)?.doubleValue ?? .nan }
      let normalization = parameters["norm"] as? String
      let bank = MelFilterBank(
        sampleRate: number("sr"), fftSize: Int(number("n_fft")), bands: Int(number("n_mels")),
        minimumFrequency: number("fmin"), maximumFrequency: number("fmax"),
        melScale: number("htk") == 1 ? .htk : .slaney,
        normalization: normalization == "slaney" ? .slaney : .none)
      let expected = try file.dense(name, rows: bank.bands, columns: bank.bins)
      let scale = expected.reduce(0, max)
      for (got, want) in zip(bank.weights, expected) {
        #expect(abs(got - want) <= 1e-6 * scale, "\(name)")
      }
      let frequencies = try #require(file.tensor(name + "/mel_frequencies"))
      for (got, want) in zip(bank.frequencies, frequencies) {
        #expect(abs(Float(got) - want) <= 1e-6 * 5000)
      }
    }
    let hertz = try #require(file.tensor("hz_mel/hz"))
    for (scale, key) in [(SpectrogramSettings.MelScale.slaney, "mel_slaney"), (.htk, "mel_htk")] {
      let mels = try #require(file.tensor("hz_mel/" + key))
      for (frequency, mel) in zip(hertz, mels) {
        #expect(abs(scale.mel(fromHertz: Double(frequency)) - Double(mel)) <= 1e-6 * 3000)
        let back = scale.hertz(fromMel: scale.mel(fromHertz: Double(frequency)))
        #expect(abs(back - Double(frequency)) <= 1e-9 * 11_025)
      }
    }
  }

  @Test("hostile settings are refused")
  func hostileSettings() {
    let changes: [(inout SpectrogramSettings) -> Void] = [
      { $0.sampleRate = .nan }, { $0.fftSize = 0 }, { $0.fftSize = .max }, { $0.fftSize = 1023 },
      { $0.windowSize = 2048 }, { $0.windowSize = -2 }, { $0.hop = 0 }, { $0.hop = .min },
      { $0.frames = .max }, { $0.bands = 0 }, { $0.maximumFrequency = 9_000 },
      { $0.minimumFrequency = 5_000 }, { $0.dynamicRange = 0 }, { $0.bars = .infinity },
      { $0.referenceLevel = .nan }, { $0.bars = -1 },
      {
        $0.frames = 65_536
        $0.hop = 65_536
      },
      {
        $0.frames = 65_536
        $0.fftSize = 65_536
      },
    ]
    for (index, change) in changes.enumerated() {
      var settings = SpectrogramSettings.demo
      change(&settings)
      #expect(throws: SpectralAudioError.self, "change \(index)") { try settings.validate() }
    }
    #expect(throws: Never.self) { try SpectrogramSettings.full.validate() }
  }

  @Test("the default grid: 146.484 bpm, a sixteenth of 1,024 samples")
  func grid() {
    for settings in [SpectrogramSettings.tiny, .demo, .small, .full, .full.withBars(4)] {
      #expect(abs(settings.beatsPerMinute - 146.484375) < 1e-9)
      #expect(settings.samplesPerSixteenth == 1024)
    }
    #expect(SpectrogramSettings.full.withBars(4).hop == 128)
  }
}
