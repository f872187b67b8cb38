import CMatrix
public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// P = STFT ∘ inverse STFT as a small convolution in the time-frequency plane: no Fourier
/// transform, no signal in between.
///
///     P(Y)[m, k] = Σ_{|q| < Q} Σ_p a[|q|][|p|] e^(-jπ(2k+p)qR/N) Y[(m+q) mod M, k+p]
///
/// Spectra continue beyond both ends by conjugate symmetry. With the default table of
/// ``ConsistencyTable/truncated(decibels:)`` it differs from the exact projection by less than
/// phase retrieval can hear: see `Docs/AudioDesign.md`.
///
/// Source: Le Roux, Kameoka, Ono and Sagayama 2010.
public struct ConsistencyKernel: ConsistencyProjection {
  /// The weights in use.
  public let table: ConsistencyTable
  /// What phases can be integrated from.
  public let gradient: PhaseGradient?
  private let frameCount: Int
  private let places: Tensor
  private let taps: Tensor
  private let turns: Tensor
  /// The table and the circle of ``ConsistencyBlocks``, where they fit.
  private let blocks: [Tensor]

  /// The farthest bin that a tap may reach: what kernels hold around a tile.
  public static let largestReach = Int(CMATRIX_CONSISTENCY_REACH)

  /// The kernel of a transform with its table truncated at -35 dB of its energy; `nil` where the
  /// exact projection is cheaper, or the only one there is.
  ///
  /// It is cheaper for windows of a few samples, whose tables are wide, and where frames overlap so
  /// much that the table alone would take seconds.
  public init?(_ transform: ShortTimeFourierTransform) {
    let width = transform.window.count
    let shifts = width / transform.geometry.hop + 1
    guard width * shifts * transform.fftSize < 1 << 28,
      let table = ConsistencyTable(transform)?.truncated(),
      table.reach <= Self.largestReach,
      2 * table.tapCount + 16 * shifts < 4 * width
    else { return nil }
    self.init(table, frameCount: transform.frameCount, gradient: transform.gradient)
  }

  /// The kernel with a given table, for loops of `frameCount` frames.
  public init(_ table: ConsistencyTable, frameCount: Int, gradient: PhaseGradient? = nil) {
    precondition(
      table.reach <= Self.largestReach && table.reach <= table.fftSize / 2,
      "consistency kernel: taps reach \(table.reach) bins, \(Self.largestReach) are possible")
    self.table = table
    self.gradient = gradient
    self.frameCount = frameCount
    let bins = table.fftSize / 2 + 1
    let rows = table.weights.map { row in
      // Bin N/2 away is met from both sides.
      row.prefix((row.lastIndex { $0 != 0 } ?? -1) + 1).enumerated().map {
        2 * $0 == table.fftSize ? $1 / 2 : $1
      }
    }
    let shifts = (rows.lastIndex { !$0.isEmpty } ?? 0) + 1
    let tables = ConsistencyBlocks(
      Array(rows.prefix(shifts)), fftSize: table.fftSize, hop: table.hop)
    blocks =
      tables.map {
        [
          .constant($0.table, shape: [$0.table.count]),
          .constant($0.circle, shape: [$0.circle.count / 2, 2]),
        ]
      } ?? []
    var places: [Float] = []
    var taps: [Float] = []
    var turns: [Float] = []
    for (shift, row) in rows.prefix(shifts).enumerated() {
      places += [Float(taps.count), Float(row.count)]
      taps += row.map { Float($0) }
      let angles = (0..<bins).map { bin in
        Double.pi * Double(bin * shift * table.hop % (2 * table.fftSize)) / Double(table.fftSize)
      }
      turns += angles.map { Float(cos($0)) } + angles.map { Float(sin($0)) }
    }
    self.places = .constant(places, shape: [shifts, 2])
    self.taps = .constant(taps.isEmpty ? [0] : taps, shape: [max(1, taps.count)])
    self.turns = .constant(turns, shape: [shifts, 2, bins])
  }

  /// P of spectra [B, M, 2, K].
  ///
  /// **Cost** one dispatch, 4 operations for each tap and some 12 for each frame in reach, per bin.
  public func projected(_ spectra: Tensor) -> Tensor {
    precondition(
      spectra.shape.rank == 4 && spectra.shape[1] == frameCount,
      "consistency kernel: spectra \(spectra.shape) for \(frameCount) frames")
    return Tensor(convolution, of: [spectra, places, taps, turns] + blocks)
  }

  /// Whether an iteration of so many magnitudes is one dispatch: where taps reach few bins and frames,
  /// and any device takes y and t as one buffer of at most 128 MiB.
  package func takesSteps(of magnitudes: Shape) -> Bool {
    !blocks.isEmpty && 16 * magnitudes.count <= 1 << 27
  }

  /// An iteration of phase retrieval: y [B, M, 2, K] at first, then y and t [2, B, M, 2, K], to the
  /// next y and t, at last to y only. See ``ConsistencyStep``.
  package func advanced(
    _ state: Tensor, magnitudes: Tensor, step: Float, relaxation: Float, softness: Float,
    isLast: Bool
  ) -> Tensor {
    let operation = ConsistencyStep(
      convolution: convolution, step: step, relaxation: relaxation, softness: softness,
      isLast: isLast)
    return Tensor(operation, of: [state, magnitudes, places, taps, turns] + blocks)
  }

  private var convolution: ConsistencyConvolution {
    ConsistencyConvolution(
      fftSize: table.fftSize, hop: table.hop, reach: table.reach, tapCount: table.tapCount)
  }
}
