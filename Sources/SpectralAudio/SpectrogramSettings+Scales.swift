extension SpectrogramSettings {
  /// The scale on which mel bands are equally spaced.
  public enum MelScale: String, Sendable, Hashable, Codable, CaseIterable {
    /// Slaney's Auditory Toolbox: linear to 1 kHz, logarithmic above.
    case slaney
    /// The HTK book's formula: `2595 log10(1 + f / 700)`.
    case htk
  }

  /// The shape and height of the mel bands' triangles.
  public enum FilterNormalization: String, Sendable, Hashable, Codable, CaseIterable {
    /// Half-widths of at least one Fourier bin, rows that sum to 1: no band is ever empty.
    case wide
    /// librosa's `norm="slaney"`: each triangle has area 1 over Hz.
    case slaney
    /// Triangles of height 1.
    case none
  }
}
