import SpectralAudio
import Tensors

extension CaseKind {
  /// Spectra from mel bands, and signals from magnitudes.
  static let inversions: [CaseKind] = [
    CaseKind(matches: { $0.operation.hasPrefix("nnls") }) { try leastSquares($0, on: $1) },
    CaseKind(matches: { $0.operation == "griffinlim" }) { try griffinLim($0, on: $1) },
  ]
}

/// min ‖W x - m‖ over x ≥ 0 for every frame; the file says how small the residual must be.
private func leastSquares(_ golden: GoldenCase, on backend: any Backend) throws -> [Comparison] {
  var program = CaseProgram(golden)
  let mel = try program.input("mel", rank: 2)
  let weights = try golden.tensor("weights")
  let (rows, frames) = (mel.shape[0], mel.shape[1])
  guard weights.shape.count == 2, weights.shape[0] == rows else {
    throw CaseProblem.damaged("weights \(weights.shape) do not fit mel \(mel.shape)")
  }
  let columns = weights.shape[1]
  let solver = NonNegativeLeastSquares(matrix: weights.values, rows: rows, columns: columns)
  let isUnique = try golden.flag("unique", default: false)
  let solution = solver.solution(for: mel.transposed(), iterations: 500)
    .transposed()
  let values = try program.values(of: [solution], on: backend)[0]

  let target = try golden.tensor("mel").values
  var squares = 0.0
  var energy = 0.0
  for row in 0..<rows {
    for frame in 0..<frames {
      var sum = -Double(target[row * frames + frame])
      energy += sum * sum
      for column in 0..<columns where weights.values[row * columns + column] != 0 {
        sum +=
          Double(weights.values[row * columns + column])
          * Double(values[column * frames + frame])
      }
      squares += sum * sum
    }
  }
  let residual = (squares / energy).squareRoot()
  let lowest = values.contains { $0.isNaN } ? -Double.infinity : Double(values.min() ?? 0)
  var comparisons = [
    Comparison(
      name: "residual", maxAbsoluteError: residual, normalizedError: residual,
      tolerance: max(1.1 * (try golden.number("residual")), 1e-3)),
    Comparison(
      name: "most negative number", maxAbsoluteError: max(0, -lowest), normalizedError: 0,
      tolerance: 0),
  ]
  if isUnique, golden.tensors["solution"] != nil {
    comparisons.append(try golden.compare("solution", values, .relative(1e-3)))
  }
  return comparisons
}

/// Phases by alternating projections: how well they fit after each iteration, and the first signals.
private func griffinLim(_ golden: GoldenCase, on backend: any Backend) throws -> [Comparison] {
  var program = CaseProgram(golden)
  let length = try golden.integer("length", in: 1...10_000_000)
  let transform = try TransformFields(golden).transform(sampleCount: length)
  let shape = [transform.binCount, transform.frameCount]
  let magnitudes = try program.input("magnitude", shape: shape).transposed()
    .reshaped(to: [1, shape[1], shape[0]])
  let momentum = try golden.number("momentum", default: 0.99)
  let start = PhaseStart.given(try startingPhasors(golden, shape))

  let expected = try golden.tensor("convergence").values
  let (_, convergence) = PhaseRetrieval.fast(momentum: momentum, iterations: expected.count - 1)
    .measuredSpectrum(magnitudes: magnitudes, start: start, projection: transform)
  // Later signals depend on the last bits of the first ones.
  let counts = golden.tensors.keys.compactMap { name in
    name.hasPrefix("audio_") ? Int(name.dropFirst(6)) : nil
  }.filter { (0...4).contains($0) }.sorted()
  let signals = counts.map { count in
    transform.inverse(
      PhaseRetrieval.fast(momentum: momentum, iterations: count)
        .spectrum(magnitudes: magnitudes, start: start, projection: transform))
  }
  let curve = concatenated(convergence, axis: 0)
  let values = try program.values(of: [curve] + signals, on: backend)

  var comparisons = zip([0...8, 9...expected.count], [2e-3, 5e-3]).compactMap {
    range, tolerance -> Comparison? in
    let range = range.clamped(to: 0...expected.count - 1)
    guard range.lowerBound < expected.count, !range.isEmpty else { return nil }
    return Comparison(
      "convergence \(range)", Array(values[0][range]), expected: Array(expected[range])
    ) { _ in tolerance }
  }
  for (count, signal) in zip(counts, values.dropFirst()) {
    comparisons.append(try golden.compare("audio_\(count)", signal, .relative(1e-3)))
  }
  return comparisons
}

/// The phases to start from, [frames, 2, bins].
private func startingPhasors(_ golden: GoldenCase, _ shape: [Int]) throws(CaseProblem) -> Tensor {
  let count = shape[0] * shape[1]
  switch try golden.text("init", default: "zero") {
  case "zero", "zeros":
    return .phasors([Float](repeating: 0, count: count), frames: shape[1])
  case "given":
    let phases = try golden.tensor("init_phase")
    guard phases.shape == shape else {
      throw .damaged("init_phase has shape \(phases.shape), not \(shape)")
    }
    let transposed = (0..<count).map { phases.values[$0 % shape[0] * shape[1] + $0 / shape[0]] }
    return .phasors(transposed, frames: shape[1])
  case let other: throw .unknown("starting phases \(other)")
  }
}
