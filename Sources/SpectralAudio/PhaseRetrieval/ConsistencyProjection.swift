public import Tensors

/// P: the nearest spectra that belong to signals.
///
/// The exact one is a ``ShortTimeFourierTransform``: back to a signal and forth again. A
/// ``ConsistencyKernel`` is nearly the same for a fraction of the arithmetic.
public protocol ConsistencyProjection: Sendable {
  /// The projection of spectra [B, M, 2, K].
  func projected(_ spectra: Tensor) -> Tensor

  /// How phases follow from the magnitudes of such spectra, where that is known.
  var gradient: PhaseGradient? { get }
}

extension ShortTimeFourierTransform: ConsistencyProjection {
  /// STFT(ISTFT(c)), by two matrix products.
  public func projected(_ spectra: Tensor) -> Tensor { spectrum(of: inverse(spectra)) }
}

/// How spectra are made consistent during phase retrieval.
public enum Consistency: String, Sendable, Hashable, Codable, CaseIterable {
  /// By the truncated convolution of a ``ConsistencyKernel``, where that is cheaper.
  case kernel
  /// By Fourier matrices, exactly.
  case exact

  /// The projection for the spectra of a transform.
  public func projection(_ transform: ShortTimeFourierTransform) -> any ConsistencyProjection {
    switch self {
    case .kernel: ConsistencyKernel(transform) ?? transform
    case .exact: transform
    }
  }
}
