#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

import Tensors

/// The tables of `consistency_block.comp`, for weights that reach few bins and few frames.
///
/// A block is four frames n ... n + 3. Each frame n + d that reaches one of them has sixteen vectors
/// of taps, a[|q|][p] e^(jπp(2d-q)R/N) for q = d - f and the results f = 0 ... 3, and ten vectors of
/// turns, e^(-j2πidR/N) for i = -6 ... 13.
struct ConsistencyBlocks {
  /// Bins of an invocation.
  static let bins = 8
  /// Frames of an invocation.
  static let frames = 4
  /// The farthest bin of a tap.
  static let reach = 6
  /// Numbers of the table: 8 KiB.
  private static let count = 2048

  /// What the shader calls `table`, [2048].
  let table: [Float]
  /// cos and sin of 2πi/N.
  let circle: [Float]

  /// The tables for the taps of shifts 0, 1, ...; `nil` where they reach too far.
  init?(_ rows: [[Double]], fftSize: Int, hop: Int) {
    let reached = Self.frames + 2 * rows.count - 2
    let perFrame = Self.frames * 16 + 2 * (Self.bins + 2 * Self.reach)
    guard reached * perFrame <= Self.count, rows.allSatisfy({ $0.count <= Self.reach + 1 }) else {
      return nil
    }
    /// cos and sin of half-steps πi/N.
    func factor(_ halfSteps: Int) -> (Double, Double) {
      let angle = Double.pi * Double(halfSteps % (2 * fftSize)) / Double(fftSize)
      return (cos(angle), sin(angle))
    }
    var table: [Float] = []
    for distance in (1 - rows.count)..<(Self.frames + rows.count - 1) {
      for frame in 0..<Self.frames {
        let shift = distance - frame
        let row = abs(shift) < rows.count ? rows[abs(shift)] : []
        for bin in 0..<8 {
          let (cosine, sine) = factor(bin * (2 * distance - shift) * hop)
          let weight = bin < row.count ? row[bin] : 0
          table += [Float(weight * cosine), Float(weight * sine)]
        }
      }
      for bin in -Self.reach..<(Self.bins + Self.reach) {
        let (cosine, sine) = factor(-2 * bin * distance * hop)
        table += [Float(cosine), Float(sine)]
      }
    }
    self.table = table + [Float](repeating: 0, count: Self.count - table.count)
    circle = (0..<fftSize).flatMap { step in
      let (cosine, sine) = factor(2 * step)
      return [Float(cosine), Float(sine)]
    }
  }
}

extension ConsistencyBlocks {
  /// Workgroups of the kernel: as many invocations as a row has blocks, in up to 128.
  struct Grid {
    let workgroupSize: Int
    let tilesPerBlock: Int
    let blocksPerItem: Int
    let tileCount: Int

    init(items: Int, frames: Int, bins: Int) {
      let lanes = (bins + ConsistencyBlocks.bins - 1) / ConsistencyBlocks.bins
      tilesPerBlock = (lanes + 127) / 128
      workgroupSize = ((lanes + tilesPerBlock - 1) / tilesPerBlock + 7) / 8 * 8
      blocksPerItem = (frames + ConsistencyBlocks.frames - 1) / ConsistencyBlocks.frames
      tileCount = items * blocksPerItem * tilesPerBlock
    }
  }
}
