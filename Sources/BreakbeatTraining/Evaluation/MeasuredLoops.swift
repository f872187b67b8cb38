import SpectralAudio

/// What evaluation keeps of loops: features, reduced pictures, what is measured of their sound.
struct MeasuredLoops {
  private(set) var features: [LoopFeatures] = []
  private(set) var pictures: [SmallPicture] = []
  private(set) var onGrid: [OnGrid] = []
  private(set) var seams: [Double] = []

  var count: Int { features.count }

  /// Adds a loop; its sound may be unknown.
  mutating func add(picture: [Float], sound: Waveform?, _ settings: SpectrogramSettings) {
    features.append(LoopFeatures(picture, settings))
    pictures.append(SmallPicture(picture, settings))
    if let sound {
      onGrid.append(OnGrid(of: sound, settings))
      seams.append(LoopSeam(of: sound).index)
    }
  }

  /// The points of one view.
  func points(_ view: LoopFeatures.View) -> [[Double]] {
    features.map { $0.values[view] ?? [] }
  }

  var onGridFraction: Double? { onGrid.isEmpty ? nil : OnGrid.fraction(of: onGrid) }
  var meanSeam: Double? { seams.isEmpty ? nil : seams.reduce(0, +) / Double(seams.count) }
}

/// Training pictures that loops are compared with, and their measures.
struct EvaluationReference {
  let loops: MeasuredLoops
  private let scales: [LoopFeatures.View: Standardization]
  private let points: [LoopFeatures.View: [[Double]]]
  /// All training pictures of the data set, reduced.
  private let training: [SmallPicture]
  private let heldOutNeighbours: Neighbours
  private let heldOutDiversity: Double
  /// Loops of each row that coverage is by: more would reach more.
  private let coveringCount: Int

  /// References for rows of at least `leastCount` loops.
  init(
    _ loops: MeasuredLoops, training: [SmallPicture], heldOut: MeasuredLoops, leastCount: Int
  ) {
    self.loops = loops
    self.training = training
    coveringCount = leastCount
    var scales: [LoopFeatures.View: Standardization] = [:]
    var points: [LoopFeatures.View: [[Double]]] = [:]
    for view in LoopFeatures.View.allCases {
      let scale = Standardization(of: loops.points(view))
      scales[view] = scale
      points[view] = scale(loops.points(view))
    }
    self.scales = scales
    self.points = points
    heldOutNeighbours = Neighbours(of: heldOut.pictures, among: training)
    heldOutDiversity = meanPairwiseDistance(heldOut.pictures)
  }

  /// The nearest training picture of each loop.
  func neighbours(of loops: MeasuredLoops) -> Neighbours {
    Neighbours(of: loops.pictures, among: training)
  }

  /// Compares loops with the training pictures.
  func row(
    _ name: String, _ loops: MeasuredLoops, neighbours: Neighbours? = nil
  ) -> EvaluationCard.Row {
    let own = LoopFeatures.View.allCases.map { view in
      (view, scales[view].map { $0(loops.points(view)) } ?? [])
    }
    let distance = { (view: LoopFeatures.View) in
      KernelDistance(
        between: own.first { $0.0 == view }?.1 ?? [], and: points[view] ?? [])
    }
    let real = joined(LoopFeatures.View.allCases.map { points[$0] ?? [] })
    let overlap = DensityCoverage(
      real: real, generated: joined(own.map(\.1)), coveringBy: coveringCount)
    let neighbours = neighbours ?? self.neighbours(of: loops)
    return EvaluationCard.Row(
      name: name, count: loops.count, timbre: distance(.timbre), grid: distance(.grid),
      onset: distance(.onset), density: overlap.density, coverage: overlap.coverage,
      novelty: neighbours.novelty(beside: heldOutNeighbours),
      diversity: heldOutDiversity > 0
        ? meanPairwiseDistance(loops.pictures) / heldOutDiversity : nil,
      onGrid: loops.onGridFraction, seam: loops.meanSeam)
  }

  /// The three views side by side, each divided by the root of its size: all weigh the same.
  private func joined(_ views: [[[Double]]]) -> [[Double]] {
    (0..<(views.first?.count ?? 0)).map { index in
      views.flatMap { view -> [Double] in
        let scale = 1 / Double(max(1, view[index].count)).squareRoot()
        return view[index].map { $0 * scale }
      }
    }
  }
}
