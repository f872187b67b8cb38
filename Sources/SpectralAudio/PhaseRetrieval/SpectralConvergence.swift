public import Tensors

/// ‖|P| - A‖ / ‖A‖ of each item: how far the magnitudes of spectra P are from the magnitudes A.
/// 0 is perfect; `20 log10` of it is the figure in decibels. An item whose A is 0 gives ‖P‖.
///
/// **Shape** P [B, M, 2, K], A [B, M, K] → [B].
public func spectralConvergence(of spectra: Tensor, to magnitudes: Tensor) -> Tensor {
  let error = square(magnitude(spectra) - magnitudes).sum(over: [1, 2])
  let energy = square(magnitudes).sum(over: [1, 2])
  // Silence: the energy itself where there is any, else 1.
  let isSilent = Tensor.constant(1) - greater(energy, .constant(0))
  return sqrt(error / (energy + isSilent))
}
