/// The innermost loop of a compiled kernel with the most fused multiply-adds: where it spends its
/// time.
public struct HotLoop: Sendable, Hashable, Codable {
  /// Instructions from the loop's first to its jump back, waits and jumps included.
  public var instructions: Int
  /// Multiply-adds among them; a packed or dual one counts as two.
  public var multiplyAdds: Int

  /// Multiply-adds over instructions.
  public var share: Double { Double(multiplyAdds) / Double(max(instructions, 1)) }

  /// Finds the loop in the assembly of AMD's compiler ACO: lines `BB7:` start blocks, a branch to an
  /// earlier block ends a loop. Nil where there is no loop with a multiply-add.
  public init?(assembly: String) {
    var starts: [Substring: Int] = [:]
    var lines: [Substring] = []
    var jumps: [(from: Int, to: Int)] = []
    for line in assembly.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" || $0 == "," }
      guard let first = words.first else { continue }
      if first.hasPrefix("BB"), first.hasSuffix(":") {
        starts[first.dropLast()] = lines.count
      } else if line.first == "\t" || line.first == " " {
        if first.hasPrefix("s_branch") || first.hasPrefix("s_cbranch"), words.count > 1,
          let start = starts[words[1]]
        {
          jumps.append((lines.count, start))
        }
        lines.append(line)
      }
    }
    let innermost = jumps.filter { loop in
      !jumps.contains { $0 != loop && $0.to >= loop.to && $0.from <= loop.from }
    }
    let counts = innermost.map { loop in
      (loop.from - loop.to + 1, lines[loop.to...loop.from].reduce(0) { $0 + multiplyAddCount($1) })
    }
    guard let best = counts.max(by: { $0.1 < $1.1 }), best.1 > 0 else { return nil }
    (instructions, multiplyAdds) = best
  }
}

extension HotLoop {
  /// Multiply-adds of a whole kernel that round once: not those of the families before RDNA 2 that round
  /// the product first (`v_mad_f32`, `v_mac_f32`).
  package static func fusedMultiplyAdds(in assembly: String) -> Int {
    assembly.split(separator: "\n").reduce(0) { count, line in
      let words = line.split { $0 == " " || $0 == "\t" || $0 == "," }
      let names = ["v_fma", "v_pk_fma", "v_dual_fma"]
      return count
        + words.count { word in names.contains { word.hasPrefix($0) } && word.contains("_f32") }
    }
  }
}

/// Multiply-adds of one line: `v_fma_f32`, `v_fmac_f32`, `v_mad_f32`, `v_mac_f32`, those with
/// constants, and the packed and dual ones.
private func multiplyAddCount(_ line: Substring) -> Int {
  let words = line.split { $0 == " " || $0 == "\t" || $0 == "," }
  let names = ["v_fma", "v_mad_f", "v_mac_f", "v_madmk_f", "v_madak_f"]
  let kinds = words.filter { $0.hasPrefix("v_") || $0.hasPrefix("::") }
  return kinds.reduce(0) { sum, word in
    if word.hasPrefix("v_pk_fma_f32") { return sum + 2 }
    if word.hasPrefix("v_dual_fma") { return sum + 1 }
    return sum + (names.contains { word.hasPrefix($0) } && word.contains("_f32") ? 1 : 0)
  }
}
