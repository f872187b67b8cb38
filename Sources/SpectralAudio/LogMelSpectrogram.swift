public import Tensors

/// Pictures of loops: STFT, power, mel bands, decibels, brightness.
public struct LogMelSpectrogram: Sendable {
  /// Loops to spectra.
  public let transform: ShortTimeFourierTransform
  /// Spectra to bands.
  public let mel: MelTransform
  /// Power to brightness.
  public let level: PictureLevel

  /// The pictures of spectrogram settings.
  public init(_ settings: SpectrogramSettings) {
    self.init(
      transform: ShortTimeFourierTransform(settings), mel: MelTransform(MelFilterBank(settings)),
      level: PictureLevel(settings))
  }

  /// Pictures made of given parts.
  public init(transform: ShortTimeFourierTransform, mel: MelTransform, level: PictureLevel) {
    precondition(
      mel.bank.bins == transform.binCount,
      "LogMelSpectrogram: a bank of \(mel.bank.bins) bins, spectra of \(transform.binCount)")
    self.transform = transform
    self.mel = mel
    self.level = level
  }

  /// The power in each band and frame: loops [B, T] → [B, bands, M].
  public func bandPower(of loops: Tensor) -> Tensor {
    mel.bandPower(of: power(transform.spectrum(of: loops)))
  }

  /// Pictures with values 0...1: loops [B, T] → [B, bands, M].
  ///
  /// **Cost** nine dispatches.
  public func pictures(of loops: Tensor) -> Tensor { level.picture(of: bandPower(of: loops)) }
}
