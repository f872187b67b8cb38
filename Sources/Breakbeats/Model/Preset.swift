import SpectralAudio

extension BreakbeatVAE {
  /// The sizes that come with names.
  public enum Preset: String, Sendable, Hashable, CaseIterable, Codable {
    /// 64 x 64, half a bar, 0.2 million parameters: for tests.
    case tiny
    /// 128 x 256, two bars, a time column per beat: trains in minutes on a CPU.
    case demo
    /// 256 x 256, two bars, 7.9 million parameters.
    case small
    /// 512 x 512, two bars, 14 million parameters: a third of the arithmetic of ``full``.
    case slim
    /// 512 x 512, two bars, 16 million parameters.
    case full

    /// The preset of a name a person typed.
    ///
    /// - Throws: ``BreakbeatError`` that lists the names there are.
    public init(named name: String) throws {
      guard let preset = Preset(rawValue: name.lowercased()) else {
        let names = Preset.allCases.map(\.rawValue).joined(separator: ", ")
        throw BreakbeatError(.unknownPreset, "there is no preset '\(name)'; choose one of \(names)")
      }
      self = preset
    }

    /// The preset's sizes.
    public var configuration: Configuration {
      switch self {
      case .tiny: .tiny
      case .demo: .demo
      case .small: .small
      case .slim: .slim
      case .full: .full
      }
    }

    /// The preset for loops of another number of bars: the hop changes, the picture's size does
    /// not.
    public func configuration(bars: Double) -> Configuration {
      var configuration = self.configuration
      configuration.spectrogram = configuration.spectrogram.withBars(bars)
      return configuration
    }
  }
}

extension BreakbeatVAE.Configuration {
  /// See ``BreakbeatVAE/Preset/tiny``.
  public static let tiny = Self(
    spectrogram: .tiny, channels: [16, 32, 64, 64], latentSize: 8)

  /// See ``BreakbeatVAE/Preset/demo``.
  public static let demo = Self(
    spectrogram: .demo, channels: [16, 32, 64, 128, 128], latentSize: 16)

  /// See ``BreakbeatVAE/Preset/small``.
  public static let small = Self(
    spectrogram: .small, channels: [32, 64, 128, 256, 256, 512], latentSize: 32)

  /// See ``BreakbeatVAE/Preset/slim``.
  public static let slim = Self(
    spectrogram: .full, channels: [16, 32, 64, 128, 256, 512, 512], latentSize: 32)

  /// See ``BreakbeatVAE/Preset/full``.
  public static let full = Self(
    spectrogram: .full, channels: [32, 64, 128, 256, 256, 512, 512], latentSize: 32)
}
