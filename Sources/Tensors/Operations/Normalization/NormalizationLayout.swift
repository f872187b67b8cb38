/// Which elements of [N, C, …] share a mean and a variance.
enum NormalizationGrouping: Sendable, Hashable {
  /// Each sample's channels in equal groups of neighbours: rows are (sample, group).
  case groups(Int)
  /// Each channel over all samples: rows are channels.
  case batch
}

/// A tensor seen as N · C planes of S neighbouring elements, and its planes as rows that share
/// statistics. Element i of row r is at r · segmentLength + (i / segmentLength) · segmentStride
/// + i mod segmentLength.
struct NormalizationLayout {
  let samples: Int
  let channels: Int
  let planeCount: Int
  let rows: Int
  let segmentLength: Int
  let segmentCount: Int
  let segmentStride: Int
  /// Neighbouring planes in a row; 0 when a row is a channel of every sample.
  let planesPerRow: Int
  let planeSize: Int

  init(_ shape: Shape, _ grouping: NormalizationGrouping) {
    precondition(shape.rank >= 2, "normalization: \(shape) has no channel axis")
    samples = shape[0]
    channels = shape[1]
    planeCount = samples * channels
    planeSize = shape.dimensions[2...].reduce(1, *)
    switch grouping {
    case .groups(let groups):
      precondition(
        groups > 0 && channels % groups == 0,
        "normalization: \(channels) channels of \(shape) in \(groups) groups")
      rows = samples * groups
      planesPerRow = channels / groups
      segmentLength = planesPerRow * planeSize
      segmentCount = 1
      segmentStride = 0
    case .batch:
      rows = channels
      planesPerRow = 0
      segmentLength = planeSize
      segmentCount = samples
      segmentStride = channels * planeSize
    }
  }

  /// Elements that share statistics.
  var rowSize: Int { segmentLength * segmentCount }

  func row(ofPlane plane: Int) -> Int {
    planesPerRow == 0 ? plane % channels : plane / planesPerRow
  }
}
