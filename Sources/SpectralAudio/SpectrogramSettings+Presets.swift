extension SpectrogramSettings {
  /// 64 bands x 64 frames, half a bar: for tests.
  public static let tiny = SpectrogramSettings(hop: 128, frames: 64, bands: 64, bars: 0.5)

  /// 128 bands x 256 frames, two bars: trains in minutes on a CPU.
  public static let demo = SpectrogramSettings(hop: 128, frames: 256, bands: 128, bars: 2)

  /// 256 bands x 256 frames, two bars.
  public static let small = SpectrogramSettings(hop: 128, frames: 256, bands: 256, bars: 2)

  /// 512 bands x 512 frames, two bars: the full size.
  public static let full = SpectrogramSettings(hop: 64, frames: 512, bands: 512, bars: 2)
}
