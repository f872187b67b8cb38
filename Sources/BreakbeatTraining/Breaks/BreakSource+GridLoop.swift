public import Breakbeats
public import SpectralAudio
internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension BreakSource {
  /// The break itself as a loop of the model's length: fitted to the grid, cut or
  /// repeated to `settings.loopSampleCount` samples, peak 0.9.
  ///
  /// - Throws: ``TrainingDataError`` when the settings or the fit are out of range.
  public func gridLoop(
    _ settings: SpectrogramSettings, fitting: BreakFitting = BreakFitting()
  ) throws -> Waveform {
    let sliced = try SlicedBreak(self, settings: settings, fitting: fitting)
    let source = sliced.samples
    var samples = (0..<settings.loopSampleCount).map { source[$0 % source.count] }
    let peak = samples.reduce(0) { max($0, abs($1)) }
    if peak > 0 { for index in samples.indices { samples[index] *= 0.9 / peak } }
    return Waveform(samples: samples, sampleRate: settings.sampleRate)
  }
}

extension SpectrogramImage {
  /// The picture of a loop as the model sees it, in 8 bits.
  ///
  /// - Throws: ``TrainingDataError`` when the settings cannot be used.
  public init(of loop: Waveform, settings: SpectrogramSettings) throws {
    let analyzer = try SpectrogramAnalyzer(settings: settings)
    self.init(
      bands: settings.bands, frames: settings.frames,
      levels: analyzer.pixels(of: loop.samples).map { Float($0) / 255 })
  }
}

extension SpectrogramSettings {
  /// The same settings with the reference level of one loop: its strongest band is white.
  ///
  /// - Throws: ``TrainingDataError`` when the loop is silent or the settings cannot be used.
  public func withReferenceLevel(of loop: Waveform) throws -> SpectrogramSettings {
    let peak = try SpectrogramAnalyzer(settings: self).bandPower(of: loop.samples).reduce(0, max)
    guard peak > 0 else {
      throw TrainingDataError(
        .silent, "the loop is silent: there is no picture of it", remedy: "choose another sound")
    }
    var settings = self
    settings.referenceLevel = decibels(Double(peak))
    return settings
  }
}

extension SpectrogramImage {
  /// Writes the picture's numbers as the tensor `picture`, `[bands, frames]`, lowest band first.
  ///
  /// - Throws: `TensorError` when the file cannot be written.
  public func writeSafetensors(to path: String, settings: SpectrogramSettings) throws {
    let json = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
    let picture = SafetensorsFile.Item("picture", shape: [bands, frames]) { levels }
    try SafetensorsFile.write([picture], metadata: ["vamen.spectrogram": json], to: path)
  }
}
