package import VulkanCompute

/// What a driver's compiler made of one pipeline, in the terms of AMD's compiler ACO.
package struct KernelVerdict: Sendable, Codable {
  /// The kernel's name.
  package var kernel: String
  /// The step that needs it first.
  package var use: String
  /// The tile of a matrix product or convolution, such as `128x64/256`: rows x columns /
  /// invocations.
  package var tile: String?
  /// Vector and scalar registers of an invocation's group.
  package var registers: Int?, scalarRegisters: Int?
  /// Vector registers kept in memory for want of room.
  package var spills: Int?
  /// Scalar registers kept in lanes of vector registers for want of room.
  package var scalarSpills: Int?
  /// Bytes that a workgroup shares.
  package var sharedByteCount: Int?
  /// Groups of invocations that a SIMD unit holds at a time.
  package var waves: Int?
  /// Instructions in all.
  package var instructions: Int?
  /// Where the time goes.
  package var hotLoop: HotLoop?
  /// Fused multiply-adds of a kernel that shall give the same bits on every device: there may be none.
  package var forbiddenMultiplyAdds: Int?
  /// Multiplications that the training step executes with it.
  package var multiplications: Double

  /// Reads a driver's numbers; those it does not give stay `nil`.
  package init(_ pipeline: KernelSurvey.Pipeline, _ compilation: KernelCompilation) {
    kernel = pipeline.kernel.name
    use = pipeline.use
    multiplications = pipeline.multiplications
    func number(_ name: String) -> Int? { compilation.statistics[name].map { Int($0) } }
    registers = number("VGPRs")
    scalarRegisters = number("SGPRs")
    spills = number("Spilled VGPRs")
    scalarSpills = number("Spilled SGPRs")
    sharedByteCount = number("LDS size")
    waves = number("Subgroups per SIMD")
    instructions = number("Instructions")
    hotLoop = compilation.representations["Assembly"].flatMap { HotLoop(assembly: $0) }
    if pipeline.kernel.isReproducible {
      forbiddenMultiplyAdds = compilation.representations["Assembly"].map {
        HotLoop.fusedMultiplyAdds(in: $0)
      }
    }
    tile = Self.tile(of: pipeline)
  }

  /// Kernels with `product_tile.glsl` begin their constants with the tile's sizes.
  private static func tile(of pipeline: KernelSurvey.Pipeline) -> String? {
    guard isProduct(pipeline.kernel.name), pipeline.kernel.specializationIDs.starts(with: 0...4)
    else { return nil }
    let numbers = pipeline.specialization.prefix(4).map { Int($0) }
    let (size, gridRows) = (numbers[0], numbers[1])
    return "\(gridRows * numbers[2])x\(size / gridRows * numbers[3])/\(size)"
  }

  private static func isProduct(_ kernel: String) -> Bool {
    kernel.hasPrefix("convolution_") || kernel.hasPrefix("matrix_product")
  }

  /// Whether it is a matrix product or convolution, whose hot loop is held to a standard.
  package var isProduct: Bool { Self.isProduct(kernel) }

  /// What is wrong with it: spilled registers, too few groups at a time to hide latencies, or sums and
  /// products that are rounded once where each shall be. Kernels
  /// that are not products may spill 16, or 32 without multiply-adds: `consistency_block` spills 11 and 31
  /// vector registers on GFX1100.
  package var faults: [String] {
    var faults: [String] = []
    let allowed = isProduct ? 0 : forbiddenMultiplyAdds == nil ? 16 : 32
    if let spills, spills > allowed { faults.append("\(spills) vector registers spilled") }
    if let scalarSpills, scalarSpills > allowed {
      faults.append("\(scalarSpills) scalar registers spilled")
    }
    if let count = forbiddenMultiplyAdds, count > 0 {
      faults.append("\(count) fused multiply-adds in reproducible arithmetic")
    }
    if let waves, waves < 4, isProduct { faults.append("\(waves) waves per SIMD, fewer than 4") }
    return faults
  }

  /// One line for people.
  package var line: String {
    func text(_ number: Int?) -> String { number.map(String.init) ?? "-" }
    var columns = [
      text(registers), text(scalarRegisters), text(spills), text(scalarSpills),
      text(sharedByteCount), text(waves), text(instructions),
    ].map { String(repeating: " ", count: max(0, 6 - $0.count)) + $0 }.joined()
    columns +=
      hotLoop.map {
        let percent = (1000 * $0.share).rounded() / 10
        return "  \($0.multiplyAdds) of \($0.instructions) (\(percent)%)"
      } ?? ""
    return "\(columns)  \(kernel)\(tile.map { " \($0)" } ?? "")\(use.isEmpty ? "" : ": \(use)")"
  }
}

extension [KernelVerdict] {
  /// The tile that executes the most multiplications of the training step, and the share of
  /// multiply-adds in its hot loops, weighted by multiplications.
  package var mainTile: (tile: String, share: Double)? {
    let tiled = filter { $0.tile != nil && $0.hotLoop != nil && $0.multiplications > 0 }
    let groups = Dictionary(grouping: tiled) { $0.tile ?? "" }
    func work(_ group: [KernelVerdict]) -> Double { group.reduce(0) { $0 + $1.multiplications } }
    guard let main = groups.max(by: { work($0.value) < work($1.value) }) else { return nil }
    let weighted = main.value.reduce(0.0) {
      $0 + $1.multiplications * ($1.hotLoop?.share ?? 0)
    }
    return (main.key, weighted / work(main.value))
  }

  /// Why a check fails: faults of kernels, a share of multiply-adds below the least in percent, or
  /// a driver that does not tell. Empty where all is well.
  package func problems(leastShare: Double?) -> [String] {
    var problems = filter { !$0.faults.isEmpty }.map {
      "\($0.kernel) (\($0.use)): \($0.faults.joined(separator: ", "))"
    }
    if let leastShare {
      if let share = mainTile?.share {
        if share * 100 < leastShare {
          problems.append("the main tile's share is below \(leastShare)%")
        }
      } else {
        problems.append("the driver shows no assembly, so no share of multiply-adds")
      }
    }
    if contains(where: { $0.spills == nil || $0.waves == nil }) {
      problems.append("the driver does not tell of spills and waves; Mesa's for AMD does")
    }
    return problems
  }
}
