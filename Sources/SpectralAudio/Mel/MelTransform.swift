public import Tensors

/// A ``MelFilterBank`` ready for expressions: its matrix and tables as constants. Make one and use
/// it in every program of the same settings.
public struct MelTransform: Sendable {
  /// The weights.
  public let bank: MelFilterBank
  private let matrix: Tensor
  private let tables: RichardsonLucy.Tables

  /// The bank's constants.
  public init(_ bank: MelFilterBank) {
    self.bank = bank
    matrix = .constant(bank.weights, shape: [bank.bands, bank.bins])
    tables = RichardsonLucy.Tables(bank)
  }

  /// The power in each band: [B, M, bins] → [B, bands, M].
  ///
  /// **Cost** one matrix product, 2 · B · M · bands · bins arithmetic operations.
  public func bandPower(of power: Tensor) -> Tensor {
    precondition(
      power.shape.rank == 3 && power.shape[2] == bank.bins,
      "mel bands: power \(power.shape), expected [B, M, \(bank.bins)]")
    return matrixProduct(matrix, power, transposeRight: true)
  }

  /// Power spectra with the given band powers: [B, bands, M] → [B, M, bins], never negative.
  public func power(from bands: Tensor, by method: MelInversion = .richardsonLucy()) -> Tensor {
    precondition(
      bands.shape.rank == 3 && bands.shape[1] == bank.bands,
      "mel inversion: band powers \(bands.shape), expected [B, \(bank.bands), M]")
    switch method {
    case .richardsonLucy(let steps):
      guard bank.bands + bank.bins > RichardsonLucy.largestFrame else {
        return RichardsonLucy.power(from: bands, steps: steps, tables)
      }
      return rows(of: bands) { richardsonLucy($0, steps: steps) }
    case .nonNegativeLeastSquares(let iterations):
      return rows(of: bands) { rows in
        NonNegativeLeastSquares(matrix: bank.weights, rows: bank.bands, columns: bank.bins)
          .solution(for: rows, iterations: iterations)
      }
    case .pseudoInverse:
      return rows(of: bands) { rows in
        let inverse = pseudoInverse(of: bank.weights, rows: bank.bands, columns: bank.bins)
        return maximum(
          matrixProduct(
            rows, .constant(inverse, shape: [bank.bins, bank.bands]), transposeRight: true),
          .constant(0))
      }
    }
  }

  /// The same steps by matrix products, for frames that are too large for shared memory.
  package func richardsonLucy(_ rows: Tensor, steps: Int) -> Tensor {
    let sums = (0..<bank.bins).map { bin in
      (0..<bank.bands).reduce(Float(0)) { $0 + bank.weights[$1 * bank.bins + bin] }
    }
    let inverse = Tensor.constant(sums.map { $0 > 0 ? 1 / $0 : 0 }, shape: [bank.bins])
    var estimate = matrixProduct(rows, matrix) * inverse
    for _ in 0..<steps {
      let bands = matrixProduct(estimate, matrix, transposeRight: true)
      let ratio = rows / maximum(bands, .constant(.leastNormalMagnitude))
      estimate = estimate * (matrixProduct(ratio, matrix) * inverse)
    }
    return estimate
  }

  /// Applies `body` to one row per frame.
  private func rows(of bands: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    let (items, frames) = (bands.shape[0], bands.shape[2])
    let rows = bands.permuted(to: [0, 2, 1]).reshaped(to: [items * frames, bank.bands])
    return body(rows).reshaped(to: [items, frames, bank.bins])
  }
}

/// How a power spectrum is found for mel bands, which determine it only in part.
public enum MelInversion: Sendable, Hashable, Codable {
  /// Multiplicative steps that lower the Kullback-Leibler divergence of the bands: 10 for real
  /// pictures, 3 for decoded ones, which are noisy and blurred.
  case richardsonLucy(steps: Int = 10)
  /// The least squared error among spectra that are not negative, by accelerated projected gradient.
  case nonNegativeLeastSquares(iterations: Int = 200)
  /// The pseudo-inverse, negative values cut off.
  case pseudoInverse
}
