import BreakbeatTraining
import Foundation
import SpectralAudio
import Tensors
import Testing

/// What runs a test: the CPU and every Vulkan device of this machine.
struct SpectralBackend: Sendable, CustomTestStringConvertible {
  let backend: any Backend
  var testDescription: String { backend.name }

  static let all = TestDevice.all.map { SpectralBackend(backend: $0.backend) }

  /// The values of expressions.
  func values(
    of outputs: [Tensor], given inputs: [Tensor: [Float]] = [:]
  ) throws -> [[Float]] {
    try Program(outputs: outputs, on: backend).run(inputs)
  }

  /// The values of one expression.
  func values(of output: Tensor, given inputs: [Tensor: [Float]] = [:]) throws -> [Float] {
    try values(of: [output], given: inputs)[0]
  }
}

/// Numbers in -1..<1 from a seed.
func spectralNoise(_ count: Int, seed: UInt64) -> [Float] {
  var random = PhiloxStream(seed: seed)
  return (0..<count).map { _ in Float(random.uniform(in: -1..<1)) }
}

/// The largest difference, relative to the largest expected magnitude.
func relativeError(_ values: [Float], _ expected: [Double]) -> Double {
  guard values.count == expected.count else { return .infinity }
  let scale = expected.reduce(1e-30) { max($0, Swift.abs($1)) }
  let errors = zip(values, expected).map { Swift.abs(Double($0) - $1) }
  return errors.contains(where: \.isNaN) ? .infinity : (errors.max() ?? 0) / scale
}

/// The same for expected floats.
func relativeError(_ values: [Float], _ expected: [Float]) -> Double {
  relativeError(values, expected.map(Double.init))
}

/// Σ a · b in Double.
func innerProduct(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

/// A decaying click and a tone, repeated: something like a drum loop.
func drumLikeLoop(_ count: Int) -> [Float] {
  let noise = spectralNoise(count, seed: 5)
  return (0..<count).map { index in
    let beat = index % (count / 8)
    let decay = exp(-Double(beat) / 300)
    let tone = sin(2 * Double.pi * Double(beat) * 0.03)
    return Float(decay * (0.6 * tone + 0.3 * Double(noise[index])))
  }
}
