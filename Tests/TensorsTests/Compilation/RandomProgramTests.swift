import BreakbeatTraining
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the environment asks of the tests of compilation.
enum ProcessEnvironment {
  /// `VAMEN_RANDOM_PROGRAMS`: how many random programs to try.
  static let randomPrograms = getenv("VAMEN_RANDOM_PROGRAMS").flatMap { Int(String(cString: $0)) }
  /// `VAMEN_PRINT_COUNTS`: whether tables for the documents are printed.
  static let prints = getenv("VAMEN_PRINT_COUNTS") != nil
}

/// Random programs with all passes and with none: the passes change rounding at most.
@Suite struct RandomProgramTests {
  private static let seeds = (0..<(ProcessEnvironment.randomPrograms ?? 60)).map { UInt64($0) }
  /// Software devices compile every pipeline anew.
  private static let fewSeeds = Array(seeds.prefix(ProcessEnvironment.randomPrograms ?? 4))

  /// The largest difference, relative to the largest value of the tensor, or to a twentieth of the
  /// largest of all where a tensor is no more than what is left of larger terms.
  private func error(_ a: [[Float]], _ b: [[Float]]) -> Float {
    let largest = b.joined().reduce(0) { max($0, abs($1)) }
    return zip(a, b).reduce(0) { worst, pair in
      let scale = pair.1.reduce(max(largest / 20, 1e-6)) { max($0, abs($1)) }
      return zip(pair.0, pair.1).reduce(worst) { worst, pair in
        let difference = abs(pair.0 - pair.1) / scale
        return difference.isNaN ? .infinity : max(worst, difference)
      }
    }
  }

  @Test("all passes and none agree on the CPU", arguments: seeds)
  func agreeOnTheCPU(_ seed: UInt64) throws {
    let program = RandomProgram(seed: seed, size: 4 + Int(seed % 12))
    let tensors = program.outputs + program.gradients
    let backend = TestDevice.cpu.backend
    let all = try program.values(of: tensors, on: backend)
    let none = try program.values(of: tensors, on: backend, passes: [])
    #expect(error(all, none) < 2e-5, "seed \(seed)")
    // Two compilations, the same bits.
    let again = try program.values(of: tensors, on: backend)
    #expect(zip(all, again).allSatisfy { $0.map(\.bitPattern) == $1.map(\.bitPattern) })
  }

  @Test("gradients are slopes", arguments: seeds)
  func gradientsAreSlopes(_ seed: UInt64) throws {
    let program = RandomProgram(seed: seed, size: 4 + Int(seed % 12))
    let backend = TestDevice.cpu.backend
    let gradients = try program.values(of: program.gradients, on: backend)
    let norm = gradients.joined().reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard norm > 1e-3 else { return }
    // Along the gradient, the slope is its norm.
    let direction = gradients.map { $0.map { $0 / Float(norm) } }
    let loss = { (step: Float) in
      Double(
        try program.values(of: [program.loss], on: backend, moving: direction, by: step)[0][0])
    }
    let step: Float = 1 / 64
    let slope = try (loss(step) - loss(-step)) / Double(2 * step)
    let wide = try (loss(2 * step) - loss(-2 * step)) / Double(4 * step)
    // Richardson's extrapolation; what is left is rounding and curvature.
    let best = (4 * slope - wide) / 3
    #expect(abs(best - norm) < 0.02 * norm + abs(slope - wide), "seed \(seed): \(best), \(norm)")
  }

  @Test("devices agree with the CPU", arguments: fewSeeds, TestDevice.vulkan)
  func agreeOnDevices(_ seed: UInt64, _ device: TestDevice) throws {
    let program = RandomProgram(seed: seed, size: 4 + Int(seed % 12))
    let tensors = program.outputs + program.gradients
    let expected = try program.values(of: tensors, on: TestDevice.cpu.backend)
    let all = try program.values(of: tensors, on: device.backend)
    let none = try program.values(of: tensors, on: device.backend, passes: [])
    #expect(error(all, none) < 2e-5, "seed \(seed) on \(device)")
    #expect(error(all, expected) < 1e-4, "seed \(seed) on \(device)")
    device.expectNoMisuse(after: "random program \(seed)")
  }
}
