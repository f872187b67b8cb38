/// How a loop becomes a picture: everything that both directions must agree on.
///
/// A picture has ``bands`` rows and ``frames`` columns. The loop it shows has exactly
/// `frames * hop` samples and is periodic: frame `m` is centred on sample `m * hop` and reads
/// around the loop's end (circular framing), so there is no padding and no seam.
public struct SpectrogramSettings: Sendable, Hashable, Codable {
  /// Samples per second of the loop.
  public var sampleRate: Double
  /// Length N of the Fourier transform, in samples.
  public var fftSize: Int
  /// Length W of the periodic Hann window, in samples; at most ``fftSize``.
  public var windowSize: Int
  /// Samples from one frame to the next.
  public var hop: Int
  /// Columns of the picture.
  public var frames: Int
  /// Rows of the picture: mel bands, lowest first.
  public var bands: Int
  /// Lower edge of the lowest band, in Hz.
  public var minimumFrequency: Double
  /// Upper edge of the highest band, in Hz.
  public var maximumFrequency: Double
  /// The scale on which the bands are equally spaced.
  public var melScale: MelScale
  /// The shape and height of the bands' triangles.
  public var filterNormalization: FilterNormalization
  /// Decibels from black (0) to white (1).
  public var dynamicRange: Double
  /// The band power, in decibels, that is shown as 1: one value for a whole data set.
  public var referenceLevel: Double
  /// Length of the loop in bars of four beats; 0.5 is half a bar.
  public var bars: Double

  /// Settings with the defaults of the 10 kHz configuration.
  public init(
    sampleRate: Double = 10_000, fftSize: Int = 1024, windowSize: Int = 512, hop: Int,
    frames: Int, bands: Int, minimumFrequency: Double = 0, maximumFrequency: Double? = nil,
    melScale: MelScale = .slaney, filterNormalization: FilterNormalization = .wide,
    dynamicRange: Double = 80, referenceLevel: Double = 30, bars: Double
  ) {
    self.sampleRate = sampleRate
    self.fftSize = fftSize
    self.windowSize = windowSize
    self.hop = hop
    self.frames = frames
    self.bands = bands
    self.minimumFrequency = minimumFrequency
    self.maximumFrequency = maximumFrequency ?? sampleRate / 2
    self.melScale = melScale
    self.filterNormalization = filterNormalization
    self.dynamicRange = dynamicRange
    self.referenceLevel = referenceLevel
    self.bars = bars
  }

  /// Pixels of one picture: `bands * frames`.
  public var pixelCount: Int { bands * frames }

  /// Frequency bins of one frame: `fftSize / 2 + 1`.
  public var binCount: Int { fftSize / 2 + 1 }

  /// Samples of one loop: `frames * hop`.
  public var loopSampleCount: Int { frames * hop }

  /// Length of one loop in seconds.
  public var loopDuration: Double { Double(loopSampleCount) / sampleRate }

  /// The tempo: `240 * bars * sampleRate / (frames * hop)`.
  public var beatsPerMinute: Double {
    240 * bars * sampleRate / Double(loopSampleCount)
  }

  /// Sixteenth notes of one loop, 16 to the bar; not a whole number for odd ``bars``.
  public var sixteenthCount: Double { 16 * bars }

  /// Samples of one sixteenth note: 1,024 in the default configuration.
  public var samplesPerSixteenth: Double { Double(loopSampleCount) / sixteenthCount }

  /// Whether frames overlap enough (by half a window) to turn pictures back into sound well.
  public var isInvertible: Bool { hop * 2 <= windowSize }

  /// The same picture size over another number of bars at the same tempo: the hop changes.
  ///
  /// Four bars instead of two turn hop 64 into 128. The tempo is exactly the same where the new hop
  /// is a whole number; ``validate()`` refuses what makes no sense.
  public func withBars(_ bars: Double) -> SpectrogramSettings {
    var settings = self
    let exact = (Double(hop) * bars / self.bars).rounded()
    settings.hop = exact.isFinite ? Int(min(max(exact, 1), 65_536)) : 65_536
    settings.bars = bars
    return settings
  }
}
