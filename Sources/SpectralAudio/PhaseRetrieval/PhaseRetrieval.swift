public import Tensors

/// Finds phases for magnitudes A: Griffin and Lim's alternating projections, with relaxation γ and
/// acceleration α.
///
///     y  = A c/|c|                    onto the magnitudes
///     t' = (1 - γ) t + γ P(y)         towards the consistent spectra
///     c  = t' + α (t' - t)            and beyond
///
/// The first iteration is plain: there is no t yet. With γ = 1 this is fast Griffin-Lim; since only
/// the phase of c counts, `c = P(y) - α/(1+α) P(y before)` of librosa is the same thing.
///
/// Sources: Griffin and Lim 1984; Perraudin, Balazs and Søndergaard 2013 (α); Nenov, Nguyen and
/// Balazs 2023 (γ).
public struct PhaseRetrieval: Sendable, Hashable, Codable {
  /// α: how far beyond the new estimate the next one starts.
  public var acceleration: Double
  /// γ: how much of the projection is taken; 1 is all of it.
  public var relaxation: Double
  /// Rounds of both projections.
  public var iterations: Int

  /// Phase retrieval with given parameters.
  public init(acceleration: Double, relaxation: Double, iterations: Int = 32) {
    precondition(iterations >= 0, "phase retrieval: \(iterations) iterations")
    self.acceleration = acceleration
    self.relaxation = relaxation
    self.iterations = iterations
  }

  /// Griffin and Lim's original: α = 0, γ = 1.
  public static func plain(iterations: Int = 32) -> PhaseRetrieval {
    PhaseRetrieval(acceleration: 0, relaxation: 1, iterations: iterations)
  }

  /// Fast Griffin-Lim, as in librosa: γ = 1.
  public static func fast(momentum: Double = 0.99, iterations: Int = 32) -> PhaseRetrieval {
    PhaseRetrieval(acceleration: momentum, relaxation: 1, iterations: iterations)
  }

  /// The default: α = 0.6, γ = 1.6. Larger values collapse on drums.
  public static func accelerated(iterations: Int = 32) -> PhaseRetrieval {
    PhaseRetrieval(acceleration: 0.6, relaxation: 1.6, iterations: iterations)
  }

  /// Spectra [B, M, 2, K] with the magnitudes [B, M, K] and phases that nearly belong to signals.
  ///
  /// **Cost** for each iteration one projection and one or two pointwise dispatches.
  public func spectrum(
    magnitudes: Tensor, start: PhaseStart, projection: some ConsistencyProjection
  ) -> Tensor {
    var state = State(magnitudes, start, projection.gradient)
    for _ in 0..<iterations { advance(&state, projection) }
    return state.projected
  }

  /// The same with ``spectralConvergence(of:to:)`` of the estimate after 0, 1, ... iterations: one
  /// tensor [B] more than there are iterations.
  public func measuredSpectrum(
    magnitudes: Tensor, start: PhaseStart, projection: some ConsistencyProjection
  ) -> (spectrum: Tensor, convergence: [Tensor]) {
    var state = State(magnitudes, start, projection.gradient)
    var convergence: [Tensor] = []
    for _ in 0..<iterations {
      advance(&state, projection)
      convergence.append(spectralConvergence(of: state.consistent, to: magnitudes))
    }
    let last = projection.projected(state.projected)
    return (state.projected, convergence + [spectralConvergence(of: last, to: magnitudes)])
  }

  /// What one iteration hands to the next.
  private struct State {
    let magnitudes: Tensor
    /// y: the estimate, with the wanted magnitudes.
    var projected: Tensor
    /// P(y) of the estimate before this one.
    var consistent: Tensor
    /// t.
    var averaged: Tensor?

    init(_ magnitudes: Tensor, _ start: PhaseStart, _ gradient: PhaseGradient?) {
      self.magnitudes = magnitudes
      let directions = start.directions(for: magnitudes, gradient: gradient)
      projected = directions.projected(ontoMagnitudes: magnitudes)
      consistent = projected
    }
  }

  private func advance(_ state: inout State, _ projection: some ConsistencyProjection) {
    let consistent = projection.projected(state.projected)
    state.consistent = consistent
    guard let averaged = state.averaged else {
      state.projected = consistent.projected(ontoMagnitudes: state.magnitudes)
      state.averaged = consistent
      return
    }
    // t' - t = γ (P - t), so c = t + γ (1 + α) (P - t).
    let step = Float(relaxation * (1 + acceleration))
    state.projected = Tensor(
      MagnitudeProjection(step: step), of: [state.magnitudes, consistent, averaged])
    state.averaged =
      relaxation == 1
      ? consistent : Tensor(Interpolation(Float(relaxation)), of: [averaged, consistent])
  }
}
