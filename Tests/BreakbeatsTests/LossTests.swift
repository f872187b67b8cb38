import NeuralNetworks
import Tensors
import Testing

@Suite struct LossTests {
  let prediction = Tensor.constant([0, 2, -1, 3, 0.5, 1, 1, 0], shape: [2, 1, 2, 2])
  let target = Tensor.constant([0, 1, 1, 3, 0.5, 1, 0.5, 1], shape: [2, 1, 2, 2])
  // errors: 0 1 -2 0 | 0 0 0.5 -1

  private func value(_ tensor: Tensor) throws -> Float {
    #expect(tensor.shape == [])
    let program = try Program(outputs: [tensor], on: CPUBackend(threadCount: 1))
    return try program.run([:])[0][0]
  }

  @Test func pixelLosses() throws {
    #expect(abs(try value(squaredError(prediction, target)) - 6.25 / 8) < 1e-6)
    #expect(abs(try value(halfSquaredError(prediction, target)) - 6.25 / 4) < 1e-6)
    #expect(abs(try value(absoluteError(prediction, target)) - 4.5 / 8) < 1e-6)
    let gaussian: Float = 0.5 * (-0.246_860_08 + 1)  // ln(6.25 / 8)
    #expect(abs(try value(calibratedGaussian(prediction, target)) - gaussian) < 1e-6)
    let laplace: Float = -0.575_364_14 + 1  // ln(4.5 / 8)
    #expect(abs(try value(calibratedLaplace(prediction, target)) - laplace) < 1e-6)
  }

  @Test func binaryCrossEntropyOfLogits() throws {
    let logits = Tensor.constant([0, 100, -100, 2], shape: [2, 2])
    let truth = Tensor.constant([1, 1, 0, 0], shape: [2, 2])
    // ln 2, 0, 0, ln(1 + e²)
    let sum: Float = 0.693_147_2 + 2.126_928
    #expect(abs(try value(binaryCrossEntropy(logits: logits, target: truth)) - sum / 4) < 1e-6)
    let perPicture = binaryCrossEntropy(logits: logits, target: truth, reduction: .sumOverPixels)
    #expect(abs(try value(perPicture) - sum / 2) < 1e-6)
  }

  @Test func gradientDifferences() throws {
    // Across: 1, 2 | 0, -1.5. Down: -2, -1 | 0.5, -1.
    let absolute = try value(gradientDifference(prediction, target))
    #expect(abs(absolute - (4.5 / 4 + 4.5 / 4)) < 1e-6)
    let logarithmic = try value(gradientDifference(prediction, target, form: .logarithmic))
    #expect(abs(logarithmic - 2 * 0.117_783_04) < 1e-6)  // ln(4.5 / 4)
  }

  @Test func multiScale() throws {
    // Averages of the error: -0.25 | -0.125.
    let loss = try value(multiScaleAbsoluteError(prediction, target, levels: 2))
    #expect(abs(loss - (4.5 / 8 + 0.1875) / 2) < 1e-6)
  }

  @Test func divergences() throws {
    let mean = Tensor.constant([1, 0, 0, 0], shape: [2, 2])
    let logVariance = Tensor.constant([0, 0, 0, 0], shape: [2, 2])
    #expect(abs(try value(divergence(mean: mean, logVariance: logVariance)) - 0.25) < 1e-6)
    let free = divergence(mean: mean, logVariance: logVariance, freeNats: 0.2)
    #expect(abs(try value(free) - 0.45) < 1e-6)
  }
}
