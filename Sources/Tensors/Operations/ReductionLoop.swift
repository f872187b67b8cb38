import TensorKernels
import VulkanCompute

/// A reduction seen as [outer, count, inner] → [outer, inner].
struct ReductionLoop<Function: ReductionFunction> {
  let outer: Int
  let count: Int
  let inner: Int

  init(outer: Int, count: Int, inner: Int) {
    (self.outer, self.count, self.inner) = (outer, count, inner)
  }

  init(_ shape: Shape, _ axes: Range<Int>) {
    outer = shape.dimensions[..<axes.lowerBound].reduce(1, *)
    count = shape.dimensions[axes].reduce(1, *)
    inner = shape.dimensions[axes.upperBound...].reduce(1, *)
  }

  /// Terms that one invocation or workgroup takes at a time.
  private var pieceLength: Int { inner == 1 && count >= 32 ? 4096 : 64 }

  /// Bytes that all dispatches of the tree read and write.
  var bytesMoved: Int {
    let pieces = (count + pieceLength - 1) / pieceLength
    let own = 4 * outer * inner * (count + pieces)
    return pieces == 1 ? own : own + Self(outer: outer, count: pieces, inner: inner).bytesMoved
  }

  /// Declares a tree of dispatches: pieces of the axis to partial results until one is left.
  func record(from source: BufferRange, to result: BufferRange, with recorder: inout Recorder) {
    let rows = inner == 1 && count >= 32
    let pieces = (count + pieceLength - 1) / pieceLength
    let target = pieces == 1 ? result : recorder.scratch(count: outer * pieces * inner)
    if rows {
      recorder.dispatch(
        ReduceRowsKernel.self, .init(source: source, result: target),
        specialization: .init(function: Function.code),
        constants: .init(
          resultCount: UInt32(outer * pieces), count: UInt32(count), pieces: UInt32(pieces),
          pieceLength: UInt32(pieceLength)),
        workgroups: .covering(outer * pieces, by: 1), arithmetic: Double(outer * count))
    } else {
      recorder.dispatch(
        ReduceColumnsKernel.self, .init(source: source, result: target),
        specialization: .init(function: Function.code),
        constants: .init(
          resultCount: UInt32(outer * pieces * inner), count: UInt32(count),
          inner: UInt32(inner), pieces: UInt32(pieces), pieceLength: UInt32(pieceLength)),
        workgroups: .covering(outer * pieces * inner, by: 64),
        arithmetic: Double(outer * count * inner))
    }
    guard pieces > 1 else { return }
    ReductionLoop(outer: outer, count: pieces, inner: inner)
      .record(from: target, to: result, with: &recorder)
  }

  /// Reduces on the CPU: pieces of the axis in parallel, then the pieces' results.
  func evaluate(
    _ source: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>,
    on workers: CPUWorkers
  ) {
    let pieceLength = inner == 1 ? 1 << 16 : 4096
    let pieces = (count + pieceLength - 1) / pieceLength
    guard pieces > 1 else { return evaluatePiece(source, into: result, on: workers) }
    workers.withScratch(count: outer * pieces * inner) { partial in
      workers.forEach(outer * pieces) { task in
        let (row, piece) = (task / pieces, task % pieces)
        let length = min(pieceLength, count - piece * pieceLength)
        Self.reduce(
          source + (row * count + piece * pieceLength) * inner, count: length, inner: inner,
          into: partial + task * inner)
      }
      ReductionLoop(outer: outer, count: pieces, inner: inner)
        .evaluate(partial, into: result, on: workers)
    }
  }

  private func evaluatePiece(
    _ source: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>,
    on workers: CPUWorkers
  ) {
    let grain = max(1, 16384 / (count * inner))
    workers.forEachRange(outer, grain: grain) { rows in
      for row in rows {
        Self.reduce(
          source + row * count * inner, count: count, inner: inner, into: result + row * inner)
      }
    }
  }

  private static func reduce(
    _ source: UnsafeMutablePointer<Float>, count: Int, inner: Int,
    into result: UnsafeMutablePointer<Float>
  ) {
    if inner == 1 {
      result.pointee = reduceRow(source, count: count)
    } else {
      // Blocks of columns stay in the cache while their rows are added.
      for start in stride(from: 0, to: inner, by: 1024) {
        reduceColumns(
          source + start, count: count, stride: inner, width: min(1024, inner - start),
          into: result + start)
      }
    }
  }

  /// Pairwise over neighbours in memory.
  static func reduceRow(_ source: UnsafeMutablePointer<Float>, count: Int) -> Float {
    if count > 1024 {
      let half = count / 2
      return scalar(
        reduceRow(source, count: half), reduceRow(source + half, count: count - half))
    }
    guard count >= 16 else {
      var result = source[0]
      for index in 1..<max(count, 1) { result = scalar(result, source[index]) }
      return result
    }
    var first = load(source, 0)
    var second = load(source, 8)
    var index = 16
    while index + 16 <= count {
      first = Function.combine(first, load(source, index))
      second = Function.combine(second, load(source, index + 8))
      index += 16
    }
    let lanes = Function.combine(first, second)
    let four = Function.combine(lanes, SIMD8(lowHalf: lanes.highHalf, highHalf: lanes.lowHalf))
    var result = scalar(scalar(four[0], four[2]), scalar(four[1], four[3]))
    while index < count {
      result = scalar(result, source[index])
      index += 1
    }
    return result
  }

  /// Pairwise over rows, all columns of a block at once.
  private static func reduceColumns(
    _ source: UnsafeMutablePointer<Float>, count: Int, stride: Int, width: Int,
    into result: UnsafeMutablePointer<Float>
  ) {
    if count > 64 {
      let half = count / 2
      reduceColumns(source, count: half, stride: stride, width: width, into: result)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { other in
        guard let other = other.baseAddress else { return }
        reduceColumns(
          source + half * stride, count: count - half, stride: stride, width: width, into: other)
        combine(result, other, width)
      }
    } else {
      result.update(from: source, count: width)
      for row in 1..<max(count, 1) { combine(result, source + row * stride, width) }
    }
  }

  private static func combine(
    _ result: UnsafeMutablePointer<Float>, _ other: UnsafeMutablePointer<Float>, _ width: Int
  ) {
    forEachVector(in: 0..<width) { index, load, store in
      store(result, index, Function.combine(load(result, index), load(other, index)))
    }
  }

  @inline(__always)
  private static func load(_ source: UnsafeMutablePointer<Float>, _ index: Int) -> SIMD8<Float> {
    UnsafeRawPointer(source + index).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  private static func scalar(_ a: Float, _ b: Float) -> Float {
    Function.combine(SIMD8(repeating: a), SIMD8(repeating: b))[0]
  }
}
