import NeuralNetworks
import Tensors

/// Losses of pictures, given as text such as
/// `0.5*D*(ln(mse)+1) + 0.25*D*(ln(mean|dx err|)+ln(mean|dy err|))`.
struct PictureLosses {
  let prediction: Tensor
  let target: Tensor

  /// Numbers in a picture: D.
  var pixelCount: Int { prediction.shape.count / prediction.shape[0] }

  /// The loss that a text describes, `[]`.
  func loss(_ text: String) throws(CaseProblem) -> Tensor {
    var words = compact(text)
    if let levels = levelCount(words) {
      try check(levels: levels)
      // The first level is already half the size.
      return multiScaleAbsoluteError(
        prediction.averagePooled(by: 2), target.averagePooled(by: 2), levels: levels)
    }
    for (phrase, name) in Self.phrases { words = replacing(phrase, with: name, in: words) }
    let formula = try Formula.parse(words).formula
    var variables: [String: FormulaTerm] = ["D": .constant(Double(pixelCount))]
    for name in formula.variables where variables[name] == nil {
      if let tensor = try part(name) { variables[name] = .tensor(tensor) }
    }
    return try formula.value(variables).tensor
  }

  /// Phrases for the losses of the library, longest first, without white space.
  private static let phrases: [(String, String)] = [
    ("sumofBCE-with-logitsoverpixels,meanoverbatch", "bce_sum"),
    ("meanofBCE-with-logits", "bce_mean"),
    ("sumofsquaresoverpixels,meanoverbatch", "squares_sum"),
    ("sumofabsoluteerrorsoverpixels,meanoverbatch", "magnitudes_sum"),
    ("mean|dx(p)-dx(t)|", "dx"), ("mean|dy(p)-dy(t)|", "dy"),
    ("mean|dxerr|", "dx"), ("mean|dyerr|", "dy"),
    ("mean((p-t)^2)", "mse"), ("mean|p-t|", "mae"), ("mean|err|", "mae"),
    ("(ln(mse)+1)", "(2*gaussian)"), ("(ln(mae)+1)", "laplace"),
    ("(ln(dx)+ln(dy))", "log_differences"), ("(dx+dy)", "differences"),
  ]

  private func part(_ name: String) throws(CaseProblem) -> Tensor? {
    switch name {
    case "bce_sum":
      return binaryCrossEntropy(logits: prediction, target: target, reduction: .sumOverPixels)
    case "bce_mean": return binaryCrossEntropy(logits: prediction, target: target)
    case "squares_sum": return squaredError(prediction, target, reduction: .sumOverPixels)
    case "magnitudes_sum": return absoluteError(prediction, target, reduction: .sumOverPixels)
    case "mse": return squaredError(prediction, target)
    case "mae": return absoluteError(prediction, target)
    case "gaussian": return calibratedGaussian(prediction, target)
    case "laplace": return calibratedLaplace(prediction, target)
    case "log_differences", "differences", "dx", "dy": return try differences(name)
    default: return nil
    }
  }

  private func differences(_ name: String) throws(CaseProblem) -> Tensor {
    let rank = prediction.shape.rank
    guard rank >= 2, prediction.shape[-1] > 1, prediction.shape[-2] > 1 else {
      throw .damaged("differences of neighbours need more than one pixel: \(prediction.shape)")
    }
    if name == "log_differences" {
      return gradientDifference(prediction, target, form: .logarithmic)
    }
    if name == "differences" { return gradientDifference(prediction, target) }
    let axis = name == "dx" ? rank - 1 : rank - 2
    let error = prediction - target
    let size = error.shape[axis]
    let steps = error.sliced(axis: axis, 1..<size) - error.sliced(axis: axis, 0..<size - 1)
    return abs(steps).mean()
  }

  /// N of `mean over N levels of mean|p-t| after repeated 2x2 average pooling`.
  private func levelCount(_ words: String) -> Int? {
    let (before, after) = ("meanover", "levelsofmean|p-t|afterrepeated2x2averagepooling")
    guard words.hasPrefix(before), words.hasSuffix(after) else { return nil }
    return Int(words.dropFirst(before.count).dropLast(after.count))
  }

  private func check(levels: Int) throws(CaseProblem) {
    let shape = prediction.shape
    guard
      shape.rank == 4, (1...16).contains(levels), min(shape[2], shape[3]) >> levels > 0
    else { throw .damaged("\(levels) levels of pictures \(shape)") }
  }
}

private func replacing(_ phrase: String, with name: String, in text: String) -> String {
  var result = ""
  var rest = text[...]
  while let range = rest.firstRange(of: phrase) {
    result += rest[..<range.lowerBound] + name
    rest = rest[range.upperBound...]
  }
  return result + rest
}
