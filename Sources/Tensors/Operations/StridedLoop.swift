import TensorKernels
import VulkanCompute

/// A loop nest that copies elements between two strided arrays: what slices, permutations,
/// broadcasts, padding and concatenation come down to.
struct StridedLoop: Hashable, Sendable {
  private(set) var sizes: [Int]
  private(set) var sourceStrides: [Int]
  private(set) var resultStrides: [Int]
  var sourceOffset = 0
  var resultOffset = 0

  /// A nest over `sizes`; axes that advance together in both arrays become one.
  init(
    sizes: [Int], sourceStrides: [Int], resultStrides: [Int], sourceOffset: Int = 0,
    resultOffset: Int = 0
  ) {
    (self.sizes, self.sourceStrides, self.resultStrides) = ([], [], [])
    (self.sourceOffset, self.resultOffset) = (sourceOffset, resultOffset)
    for axis in sizes.indices where sizes[axis] > 1 {
      let (size, source, result) = (sizes[axis], sourceStrides[axis], resultStrides[axis])
      let last = self.sizes.count - 1
      if last >= 0, self.sourceStrides[last] == source * size,
        self.resultStrides[last] == result * size
      {
        self.sizes[last] *= size
        (self.sourceStrides[last], self.resultStrides[last]) = (source, result)
      } else {
        self.sizes.append(size)
        self.sourceStrides.append(source)
        self.resultStrides.append(result)
      }
    }
  }

  var count: Int { sizes.reduce(1, *) }

  /// Runs the nest on the CPU.
  func copy(from source: CPUTensor, to result: CPUTensor, on workers: CPUWorkers) {
    let (source, result) = (source.words, result.words)
    workers.forEachRange(count) { range in
      var index = range.lowerBound
      var cursor = Cursor(self, at: index)
      while index < range.upperBound {
        let length = min(cursor.rest, range.upperBound - index)
        copyRun(from: source + cursor.source, to: result + cursor.result, length: length)
        index += length
        cursor.nextRun(self)
      }
    }
  }

  @inline(__always)
  private func copyRun(
    from source: UnsafeMutablePointer<UInt32>, to result: UnsafeMutablePointer<UInt32>, length: Int
  ) {
    let sourceStride = sourceStrides.last ?? 1
    let resultStride = resultStrides.last ?? 1
    switch (sourceStride, resultStride) {
    case (1, 1): result.update(from: source, count: length)
    case (0, 1): result.update(repeating: source.pointee, count: length)
    default:
      var (from, to) = (source, result)
      for _ in 0..<length {
        to.pointee = from.pointee
        from += sourceStride
        to += resultStride
      }
    }
  }

  /// Declares the nest as a copy of bytes where it is one run of elements in both arrays, otherwise
  /// as a dispatch.
  ///
  /// For results that are stored piece by piece: a copy says to the byte what it stores, so that
  /// pieces do not wait for each other. A kernel's operand starts at a multiple of up to 256 bytes,
  /// depending on the device, and cannot be the piece alone.
  func recordPiece(
    from source: BufferRange, to result: BufferRange, with recorder: inout Recorder
  ) {
    guard sizes.count <= 1, sourceStrides.allSatisfy({ $0 == 1 }),
      resultStrides.allSatisfy({ $0 == 1 })
    else { return record(from: source, to: result, with: &recorder) }
    recorder.graph.copy(
      from: source.slice(offset: 4 * sourceOffset, byteCount: 4 * count),
      to: result.slice(offset: 4 * resultOffset, byteCount: 4 * count), label: recorder.label)
  }

  /// Declares the nest as one dispatch where it has up to six axes; else the six largest are, once
  /// for every position along the others.
  func record(from source: BufferRange, to result: BufferRange, with recorder: inout Recorder) {
    guard sizes.count > Self.kernelAxes, let axis = sizes.indices.min(by: { sizes[$0] < sizes[$1] })
    else { return recordKernel(from: source, to: result, with: &recorder) }
    for position in 0..<sizes[axis] {
      fixed(axis, at: position).record(from: source, to: result, with: &recorder)
    }
  }

  /// Axes that the kernel has places for.
  private static let kernelAxes = 6

  /// The nest at one position along an axis.
  private func fixed(_ axis: Int, at position: Int) -> Self {
    var nest = self
    nest.sourceOffset += position * sourceStrides[axis]
    nest.resultOffset += position * resultStrides[axis]
    nest.sizes.remove(at: axis)
    nest.sourceStrides.remove(at: axis)
    nest.resultStrides.remove(at: axis)
    return nest
  }

  private func recordKernel(
    from source: BufferRange, to result: BufferRange, with recorder: inout Recorder
  ) {
    let missing = Self.kernelAxes - sizes.count
    let size = ([Int](repeating: 1, count: missing) + sizes).map { UInt32($0) }
    let from = ([Int](repeating: 0, count: missing) + sourceStrides).map { UInt32($0) }
    let to = ([Int](repeating: 0, count: missing) + resultStrides).map { UInt32($0) }
    recorder.dispatch(
      StridedCopyKernel.self, .init(source: source, result: result), specialization: .init(),
      constants: .init(
        count: UInt32(count), sourceOffset: UInt32(sourceOffset),
        resultOffset: UInt32(resultOffset),
        size1: size[1], size2: size[2], size3: size[3], size4: size[4], size5: size[5],
        sourceStride0: from[0], sourceStride1: from[1], sourceStride2: from[2],
        sourceStride3: from[3], sourceStride4: from[4], sourceStride5: from[5],
        resultStride0: to[0], resultStride1: to[1], resultStride2: to[2],
        resultStride3: to[3], resultStride4: to[4], resultStride5: to[5]),
      workgroups: .covering(count, by: 64))
  }
}

/// A position in a ``StridedLoop``, moved from one innermost run to the next.
private struct Cursor {
  private var position: [Int]
  /// Elements of both arrays at the position.
  private(set) var source: Int
  private(set) var result: Int
  /// Steps left in the innermost run.
  private(set) var rest: Int

  init(_ loop: StridedLoop, at index: Int) {
    position = [Int](repeating: 0, count: loop.sizes.count)
    (source, result) = (loop.sourceOffset, loop.resultOffset)
    var index = index
    for axis in loop.sizes.indices.reversed() {
      position[axis] = index % loop.sizes[axis]
      index /= loop.sizes[axis]
      source += position[axis] * loop.sourceStrides[axis]
      result += position[axis] * loop.resultStrides[axis]
    }
    rest = (loop.sizes.last ?? 1) - (position.last ?? 0)
  }

  /// Moves to the start of the next innermost run.
  mutating func nextRun(_ loop: StridedLoop) {
    guard var axis = loop.sizes.indices.last else { return }
    source -= position[axis] * loop.sourceStrides[axis]
    result -= position[axis] * loop.resultStrides[axis]
    position[axis] = 0
    rest = loop.sizes[axis]
    while axis > 0 {
      axis -= 1
      position[axis] += 1
      source += loop.sourceStrides[axis]
      result += loop.resultStrides[axis]
      if position[axis] < loop.sizes[axis] { return }
      source -= position[axis] * loop.sourceStrides[axis]
      result -= position[axis] * loop.resultStrides[axis]
      position[axis] = 0
    }
  }
}
