import Breakbeats
import SpectralAudio
import Testing

@Suite struct ConfigurationTests {
  /// The counts that the same models have in PyTorch.
  @Test(arguments: [
    (BreakbeatVAE.Preset.tiny, 220_593, 4, 4), (.demo, 895_425, 4, 8),
    (.small, 7_871_873, 4, 4), (.slim, 14_180_833, 4, 4), (.full, 16_263_553, 4, 4),
  ])
  func presets(_ preset: BreakbeatVAE.Preset, parameters: Int, height: Int, columns: Int) throws {
    let configuration = preset.configuration
    try configuration.validate()
    #expect(configuration.parameterCount == parameters)
    #expect(configuration.gridHeight == height)
    #expect(configuration.columns == columns)
  }

  @Test func fourBarsDoubleTheHop() {
    let full = BreakbeatVAE.Preset.full.configuration(bars: 4)
    #expect(full.spectrogram.hop == 128)
    #expect(full.frames == 512)
    #expect(abs(full.spectrogram.beatsPerMinute - 146.484_375) < 1e-9)
  }

  @Test func unknownPresetListsTheOthers() {
    #expect {
      try BreakbeatVAE.Preset(named: "huge")
    } throws: {
      "\($0)".contains("'huge'") && "\($0)".contains("tiny, demo, small, slim, full")
    }
  }

  @Test(arguments: [
    ([], 8, 8, 64), ([16, 20], 8, 8, 64), ([0], 8, 8, 64), ([16], 0, 8, 64),
    ([16, 32, 64, 64], 8, 0, 64), ([Int.max / 8 * 8], 8, 8, 64),
    ([16, 16, 16, 16, 16, 16, 16], 8, 8, 64), ([16], 8, 8, 1024), ([16], 1_000_000, 8, 64),
    ([Int](repeating: 4096, count: 6), 8, 8, 64), ([16], 8, -8, 64),
  ])
  func hostileConfigurationsAreRefused(_ channels: [Int], latent: Int, groups: Int, bands: Int) {
    var spectrogram = SpectrogramSettings.tiny
    spectrogram.bands = bands
    let configuration = BreakbeatVAE.Configuration(
      spectrogram: spectrogram, channels: channels, latentSize: latent, groups: groups)
    #expect(throws: BreakbeatError.self) { try configuration.validate() }
  }
}
