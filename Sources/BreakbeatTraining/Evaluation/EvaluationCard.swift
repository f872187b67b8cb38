/// What a model is worth, in numbers, beside the rows that say what the numbers mean. Every formula
/// is in `Docs/Evaluation.md`.
public struct EvaluationCard: Sendable, Hashable, Codable {
  /// Loops of one kind compared with training pictures.
  public struct Row: Sendable, Hashable, Codable {
    /// What the loops are.
    public var name: String
    /// Loops compared.
    public var count: Int
    /// Distances of the distributions of three views.
    public var timbre, grid, onset: KernelDistance
    /// How densely they lie among training pictures, and the part of these that as many of them
    /// reach as every row has, ``EvaluationCard/coveringCount``.
    public var density, coverage: Double
    /// Median distance to the nearest training picture over that of held-out pictures.
    public var novelty: Double?
    /// Mean distance of two loops over that of two held-out pictures.
    public var diversity: Double?
    /// Onsets within an eighth of a sixteenth of the grid; `nil` where there is no sound.
    public var onGrid: Double?
    /// Mean jump at the seam over the largest inner jumps; `nil` where there is no sound.
    public var seam: Double?
  }

  /// Held-out loops and what comes back of them.
  public struct Reconstruction: Sendable, Hashable, Codable {
    /// What they went through.
    public var name: String
    /// Loops compared.
    public var count: Int
    /// Mean squared error of the pictures before they became sound; `nil` without a model.
    public var squaredError: Double?
    /// Of the sound's picture: mean of 20 log10 (‖A' - A‖ / ‖A‖).
    public var spectralConvergence: Double
    /// Of the sound's picture, in dB.
    public var logMagnitudeDistance: Double
    /// Onsets of the sound on the grid.
    public var onGrid: Double?
  }

  /// A drawn loop and the training picture nearest to it.
  public struct NearestPair: Sendable, Hashable, Codable {
    /// Index of the loop among those of the seed.
    public var sample: Int
    /// Item of the data set.
    public var item: Int
    /// Root mean square difference of the reduced pictures.
    public var distance: Double
  }

  /// Version of the card's JSON: in the first, coverage was that of all loops of a row.
  public var format = EvaluationCard.currentFormat
  /// The model file's path.
  public var model: String
  /// Steps that it was trained for, where its file says so.
  public var steps: String?
  /// Name and digest of the data set.
  public var data, digest: String
  /// Loops drawn.
  public var count: Int
  /// Of which seed.
  public var seed: UInt64
  /// Iterations of phase retrieval.
  public var iterations: Int
  /// Training and held-out pictures that were compared with.
  public var trainingCount, heldOutCount: Int
  /// Drawn loops first, then the references.
  public var rows: [Row]
  /// Through the model first, then without it.
  public var reconstructions: [Reconstruction]
  /// How the latents are used, on held-out pictures.
  public var latents: LatentUse
  /// Time columns of the latents.
  public var columns: Int
  /// From latents to sound.
  public var millisecondsPerLoop: Double
  /// The drawn loops nearest to training pictures, nearest first.
  public var nearest: [NearestPair]
  /// Where it was computed.
  public var device: String
  /// Version of the program.
  public var version: String
  /// What a reader should know about these numbers.
  public var remarks: [String]

  /// The version of the JSON that is written and read.
  static let currentFormat = 2

  /// Loops that coverage is by, in every row: as many as the smallest has.
  public var coveringCount: Int { rows.map(\.count).min() ?? 0 }
}
