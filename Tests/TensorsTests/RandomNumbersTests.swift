import Tensors
import Testing

@Suite("Random tensors")
struct RandomNumbersTests {
  private func numbers(
    _ make: (Shape, Tensor) -> Tensor, _ shape: Shape, _ words: [UInt32], on backend: any Backend
  ) throws -> [Float] {
    let key = Tensor.input([words.count], elementType: .uint32, name: "key")
    let output = make(shape, key)
    let program = try Program(outputs: [output], on: backend)
    try program.set(key, toWords: words)
    try program.run()
    return try program.values(of: output)
  }

  @Test func uniformNumbersAreTheBlocksOfTheKey() throws {
    let words: [UInt32] = [0x9abc_def0, 0x1234_5678, 5, 77]
    let expected = (0..<(33 * 5)).map { index in
      let block = Philox.block(
        counter: SIMD4(UInt32(index / 4), 0, 5, 77), key: SIMD2(words[0], words[1]))
      return Float(block[index % 4] >> 8) / 16_777_216
    }
    for backend in OperationCheck.backends {
      let numbers = try numbers({ randomUniform($0, key: $1) }, [33, 5], words, on: backend)
      #expect(numbers == expected, "\(backend.name)")
    }
  }

  /// Parts of a batch draw what the whole batch draws, wherever blocks of four begin.
  @Test(arguments: [0, 1, 2, 3, 4, 22, 1023])
  func partsAreThoseOfTheWholeSequence(_ first: Int) throws {
    let words: [UInt32] = [9, 8, 7, 6]
    for backend in OperationCheck.backends {
      let whole = try numbers({ randomNormal($0, key: $1) }, [1300], words, on: backend)
      let part = try numbers(
        { randomNormal($0, key: $1) }, [257], words + [UInt32(first)], on: backend)
      #expect(part == Array(whole[first..<first + 257]), "\(backend.name)")
    }
  }

  /// The stream is part of what a seed means: it may never change.
  @Test func normalNumbersAreTheSameEverywhere() throws {
    let reference = try numbers(
      { randomNormal($0, key: $1) }, [4099], [1, 2, 3, 4], on: OperationCheck.backends[0])
    for backend in OperationCheck.backends {
      let numbers = try numbers({ randomNormal($0, key: $1) }, [4099], [1, 2, 3, 4], on: backend)
      let error = zip(numbers, reference).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(error < 4e-6, "\(backend.name)")
    }
  }

  @Test func normalNumbersHaveTheMomentsOfANormalDistribution() throws {
    let count = 200_000
    let values = try numbers(
      { randomNormal($0, key: $1) }, [count], [7, 0, 0, 0], on: OperationCheck.backends[0]
    ).map(Double.init)
    let moment = { (power: Int) in
      values.reduce(0.0) { sum, x in sum + (0..<power).reduce(1.0) { product, _ in product * x } }
        / Double(count)
    }
    #expect(abs(moment(1)) < 0.01)
    #expect(abs(moment(2) - 1) < 0.015)
    #expect(abs(moment(3)) < 0.04)
    #expect(abs(moment(4) - 3) < 0.1)
    #expect(values.contains { $0 > 4 } && values.allSatisfy { abs($0) < 6 })
  }

  @Test func otherStepsGiveOtherNumbers() throws {
    let backend = OperationCheck.backends[0]
    let first = try numbers({ randomNormal($0, key: $1) }, [64], [7, 0, 0, 0], on: backend)
    let second = try numbers({ randomNormal($0, key: $1) }, [64], [7, 0, 0, 1], on: backend)
    #expect(zip(first, second).allSatisfy { $0 != $1 })
  }
}
