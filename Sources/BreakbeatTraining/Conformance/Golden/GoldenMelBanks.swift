import SpectralAudio
import Tensors

extension CaseKind {
  /// Mel filter banks and the scale itself: tables made on the host, the same for every device.
  static let melBanks: [CaseKind] = [
    CaseKind(matches: { $0.operation == "mel filterbank" }) { golden, _ in
      try bankComparisons(golden)
    },
    CaseKind(matches: { $0.operation.hasPrefix("hz_to_mel") }) { golden, _ in
      try scaleComparisons(golden)
    },
  ]
}

private func bankComparisons(_ golden: GoldenCase) throws(CaseProblem) -> [Comparison] {
  let bank = try melFilterBank(golden)
  var comparisons: [Comparison] = []
  func compare(_ name: String, _ values: [Float]) throws(CaseProblem) {
    guard golden.tensors[name] != nil else { return }
    comparisons.append(try golden.compare(name, values, .relative(1e-6)))
  }
  try compare("weights", bank.weights)
  try compare("mel_frequencies", bank.frequencies.map { Float($0) })
  let fftSize = Double(try golden.integer("n_fft", in: 2...65_536))
  let rate = try golden.number("sr")
  try compare("fft_frequencies", (0..<bank.bins).map { Float(Double($0) * rate / fftSize) })
  try compare(
    "row_sums",
    (0..<bank.bands).map { row in
      Float(bank.weights[row * bank.bins..<(row + 1) * bank.bins].reduce(0) { $0 + Double($1) })
    })
  if golden.tensors["values"] != nil {
    let expected = try unpacked(golden, bands: bank.bands, bins: bank.bins)
    comparisons.append(
      Comparison("values", bank.weights, expected: expected) { 1e-6 * $0 })
  }
  return comparisons
}

/// The matrix of which the file holds only the runs of numbers that are not zero.
private func unpacked(
  _ golden: GoldenCase, bands: Int, bins: Int
) throws(CaseProblem) -> [Float] {
  let values = try golden.tensor("values").values
  let first = try golden.tensor("first").values.map { Int(exactly: $0) ?? -1 }
  let start = try golden.tensor("start").values.map { Int(exactly: $0) ?? -1 }
  guard first.count == bands, start.count == bands + 1 else {
    throw .damaged("first and start do not fit \(bands) bands")
  }
  var matrix = [Float](repeating: 0, count: bands * bins)
  for row in 0..<bands {
    let (from, to) = (start[row], start[row + 1])
    guard from >= 0, from <= to, to <= values.count, to == from || first[row] >= 0,
      first[row] <= bins - (to - from)
    else { throw .damaged("row \(row) of the packed matrix lies outside it") }
    for index in from..<to { matrix[row * bins + first[row] + index - from] = values[index] }
  }
  return matrix
}

private func scaleComparisons(_ golden: GoldenCase) throws(CaseProblem) -> [Comparison] {
  let frequencies = try golden.tensor("hz").values
  var comparisons: [Comparison] = []
  for (name, scale) in [
    ("mel_slaney", SpectrogramSettings.MelScale.slaney), ("mel_htk", .htk),
  ] where golden.tensors[name] != nil {
    let mels = frequencies.map { Float(scale.mel(fromHertz: Double($0))) }
    comparisons.append(try golden.compare(name, mels, .relative(1e-6)))
    let back = try golden.tensor(name).values.map { Float(scale.hertz(fromMel: Double($0))) }
    let returned = try golden.compare("hz", back, .relative(1e-6))
    comparisons.append(
      Comparison(
        name: "hz from \(name)", maxAbsoluteError: returned.maxAbsoluteError,
        normalizedError: returned.normalizedError, tolerance: returned.tolerance))
  }
  return comparisons
}
