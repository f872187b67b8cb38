/// The nearest of some pictures to each of others.
package struct Neighbours: Sendable {
  /// A picture and the one nearest to it.
  package struct Pair: Sendable, Hashable {
    /// Index of the picture.
    package var index: Int
    /// Index of the nearest among the others.
    package var nearest: Int
    /// Their distance.
    package var distance: Double
  }

  /// A pair for each picture, in their order.
  package let pairs: [Pair]

  /// Finds them by comparing all with all.
  package init(of pictures: [SmallPicture], among others: [SmallPicture]) {
    precondition(!others.isEmpty, "Neighbours: none to be near to")
    pairs = pictures.enumerated().map { index, picture in
      var best = Pair(index: index, nearest: 0, distance: .infinity)
      for (other, candidate) in others.enumerated() {
        let distance = picture.distance(to: candidate)
        if distance < best.distance { (best.nearest, best.distance) = (other, distance) }
      }
      return best
    }
  }

  /// The median distance.
  package var medianDistance: Double { median(pairs.map(\.distance)) }

  /// How far these are from the training pictures beside how far held-out pictures are: the ratio
  /// of the medians. 0 for copies, near 1 for what differs from training as much as new real loops.
  package func novelty(beside heldOut: Neighbours) -> Double? {
    heldOut.medianDistance > 0 ? medianDistance / heldOut.medianDistance : nil
  }
}

/// The mean distance of all pairs of pictures: how different a sample's loops are; 0 for fewer than
/// two.
package func meanPairwiseDistance(_ pictures: [SmallPicture]) -> Double {
  guard pictures.count > 1 else { return 0 }
  var sum = 0.0
  for index in pictures.indices {
    for other in 0..<index { sum += pictures[index].distance(to: pictures[other]) }
  }
  return sum / Double(pictures.count * (pictures.count - 1) / 2)
}
