public import Tensors

/// P: the nearest spectra that belong to signals.
///
/// The exact one is a ``ShortTimeFourierTransform``: back to a signal and forth again.
public protocol ConsistencyProjection: Sendable {
  /// The projection of spectra [B, M, 2, K].
  func projected(_ spectra: Tensor) -> Tensor
}

extension ShortTimeFourierTransform: ConsistencyProjection {
  /// STFT(ISTFT(c)), by two matrix products.
  public func projected(_ spectra: Tensor) -> Tensor { spectrum(of: inverse(spectra)) }
}
