public import Tensors

/// Finds phases for magnitudes A: Griffin and Lim's alternating projections, with relaxation γ and
/// acceleration α, and a softness σ.
///
///     y  = √(1+σ²) A c/√(|c|²+σ²A²)   towards the magnitudes; A c/|c| for σ = 0 and at the end
///     t' = (1 - γ) t + γ P(y)         towards the consistent spectra
///     c  = t' + α (t' - t)            and beyond
///
/// The first iteration is plain: there is no t yet. With γ = 1 this is fast Griffin-Lim; since only
/// the phase of c counts, `c = P(y) - α/(1+α) P(y before)` of librosa is the same thing.
///
/// With σ = 0 the iteration jumps where c is 0: there rounding decides on phases, and 32 iterations
/// multiply it by hundreds. With σ = 1.5 the map towards the magnitudes multiplies what two
/// devices differ by at most by 1.2, and shrinks it where |c| > A. See `Docs/AudioDesign.md`.
///
/// Sources: Griffin and Lim 1984; Perraudin, Balazs and Søndergaard 2013 (α); Nenov, Nguyen and
/// Balazs 2023 (γ).
public struct PhaseRetrieval: Sendable, Hashable, Codable {
  /// α: how far beyond the new estimate the next one starts.
  public var acceleration: Double
  /// γ: how much of the projection is taken; 1 is all of it.
  public var relaxation: Double
  /// σ: how far from c = 0 the projection onto the magnitudes is smoothed, in parts of A.
  public var softness: Double
  /// Rounds of both projections.
  public var iterations: Int

  /// Phase retrieval with given parameters.
  public init(
    acceleration: Double, relaxation: Double, softness: Double = 0, iterations: Int = 32
  ) {
    precondition(
      iterations >= 0 && softness >= 0,
      "phase retrieval: \(iterations) iterations, softness \(softness)")
    self.acceleration = acceleration
    self.relaxation = relaxation
    self.softness = softness
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

  /// The default for real pictures: α = 0.6, γ = 1.6. Larger values collapse on drums.
  public static func accelerated(iterations: Int = 32) -> PhaseRetrieval {
    PhaseRetrieval(acceleration: 0.6, relaxation: 1.6, iterations: iterations)
  }

  /// The default for decoded pictures, whose magnitudes no sound has: α = 0.6, γ = 1.3, σ = 1.5.
  /// Behind ``accelerated(iterations:)`` by 0.3 dB after 32 iterations and by 0.6 dB after 8, but
  /// rounding hardly grows, where it grows several hundredfold there.
  public static func steady(iterations: Int = 32) -> PhaseRetrieval {
    PhaseRetrieval(acceleration: 0.6, relaxation: 1.3, softness: 1.5, iterations: iterations)
  }

  /// Spectra [B, M, 2, K] with the magnitudes [B, M, K] and phases that nearly belong to signals.
  ///
  /// **Cost** for each iteration one dispatch with a ``ConsistencyKernel`` whose taps reach few bins,
  /// otherwise one projection and one or two pointwise dispatches.
  public func spectrum(
    magnitudes: Tensor, start: PhaseStart, projection: some ConsistencyProjection
  ) -> Tensor {
    var state = State(magnitudes, start, projection.gradient)
    if let kernel = projection as? ConsistencyKernel, kernel.takesSteps(of: magnitudes.shape) {
      return estimate(after: state.projected, magnitudes: magnitudes, by: kernel)
    }
    for _ in 0..<iterations { advance(&state, projection) }
    return state.estimate
  }

  /// The same iterations, each in one pass.
  private func estimate(
    after first: Tensor, magnitudes: Tensor, by kernel: ConsistencyKernel
  ) -> Tensor {
    (0..<iterations).reduce(first) { state, iteration in
      let isLast = iteration == iterations - 1
      return kernel.advanced(
        state, magnitudes: magnitudes, step: iteration == 0 ? 1 : laterStep,
        relaxation: Float(relaxation), softness: isLast ? 0 : Float(softness), isLast: isLast)
    }
  }

  /// t' - t = γ (P - t), so c = t + γ (1 + α) (P - t).
  private var laterStep: Float { Float(relaxation * (1 + acceleration)) }

  /// The same with ``spectralConvergence(of:to:)`` of the estimate after 0, 1, ... iterations: one
  /// tensor [B] more than there are iterations.
  public func measuredSpectrum(
    magnitudes: Tensor, start: PhaseStart, projection: some ConsistencyProjection
  ) -> (spectrum: Tensor, convergence: [Tensor]) {
    var state = State(magnitudes, start, projection.gradient)
    var convergence: [Tensor] = []
    for _ in 0..<iterations {
      let consistent = projection.projected(state.estimate)
      convergence.append(spectralConvergence(of: consistent, to: magnitudes))
      advance(&state, projection)
    }
    let last = projection.projected(state.estimate)
    return (state.estimate, convergence + [spectralConvergence(of: last, to: magnitudes)])
  }

  /// What one iteration hands to the next.
  private struct State {
    let magnitudes: Tensor
    /// y.
    var projected: Tensor
    /// A c/|c|: the result, were this the last iteration. Where σ = 0, y.
    var estimate: Tensor
    /// t.
    var averaged: Tensor?

    init(_ magnitudes: Tensor, _ start: PhaseStart, _ gradient: PhaseGradient?) {
      self.magnitudes = magnitudes
      let directions = start.directions(for: magnitudes, gradient: gradient)
      projected = directions.projected(ontoMagnitudes: magnitudes)
      estimate = projected
    }
  }

  private func advance(_ state: inout State, _ projection: some ConsistencyProjection) {
    let consistent = projection.projected(state.projected)
    let step = state.averaged == nil ? 1 : laterStep
    let inputs = [state.magnitudes, consistent] + (state.averaged.map { [$0] } ?? [])
    state.estimate = Tensor(MagnitudeProjection(step: step), of: inputs)
    state.projected = Tensor(
      MagnitudeProjection(step: step, softness: Float(softness)), of: inputs)
    if let averaged = state.averaged, relaxation != 1 {
      state.averaged = Tensor(Interpolation(Float(relaxation)), of: [averaged, consistent])
    } else {
      state.averaged = consistent
    }
  }
}
