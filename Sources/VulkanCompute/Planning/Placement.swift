/// Where each resource of a graph lies.
struct Placement {
  /// Distinct buffers from outside, in order of declaration; several for a ring.
  private(set) var externals: [[Buffer]] = []
  /// Buffers that the compiled graph makes, in order of declaration.
  private(set) var owned: [OwnedMemory] = []
  let arena: ArenaPlan
  /// Sizes of the arena's blocks, one allocation each.
  let arenaBlocks: [Int]
  private let blockByteCount: Int
  /// Memory and first byte of each resource; nil where no step uses it.
  private var origins: [(memory: Int, offset: Int)?]

  init(_ graph: DispatchGraph, limits: DeviceLimits) throws {
    let alignment = 256
    blockByteCount = limits.maxMemoryAllocationSize / alignment * alignment
    origins = Array(repeating: nil, count: graph.resources.count)
    let spans = graph.stepSpans()
    var transients: [Int] = []
    var lifetimes: [ArenaPlan.Lifetime] = []
    for (index, resource) in graph.resources.enumerated() {
      guard case .transient(let byteCount, let label) = resource, let span = spans[index] else {
        continue
      }
      guard byteCount <= blockByteCount else {
        throw VulkanError(
          .limitExceeded,
          "\(graph.label): \(label.isEmpty ? "a transient" : label) has \(byteCount) bytes, one "
            + "allocation holds \(blockByteCount) on this device",
          remedy: "use a smaller batch")
      }
      transients.append(index)
      lifetimes.append(
        .init(byteCount: byteCount, first: span.lowerBound, last: span.upperBound))
    }
    arena = ArenaPlan(
      lifetimes: lifetimes, alignment: alignment, blockByteCount: blockByteCount)
    let (total, block) = (arena.byteCount, blockByteCount)
    arenaBlocks = stride(from: 0, to: total, by: block).map { min(block, total - $0) }
    placeExternals(graph)
    checkRings(graph)
    for (index, offset) in zip(transients, arena.offsets) {
      origins[index] = (externals.count + owned.count + offset / block, offset % block)
    }
  }

  /// The same buffer declared twice is the same memory.
  private mutating func placeExternals(_ graph: DispatchGraph) {
    var known: [[ObjectIdentifier]: Int] = [:]
    for (index, resource) in graph.resources.enumerated() {
      guard case .external(let buffers, _) = resource else { continue }
      let identity = buffers.map { ObjectIdentifier($0) }
      let memory = known[identity] ?? externals.count
      if memory == externals.count { externals.append(buffers) }
      known[identity] = memory
      origins[index] = (memory, 0)
    }
    for (index, resource) in graph.resources.enumerated() {
      guard case .owned(let memory) = resource else { continue }
      origins[index] = (externals.count + owned.count, 0)
      owned.append(memory)
    }
  }

  /// A buffer in two places of a ring, or in two rings, would be two memories for the plan and one
  /// for the device.
  private func checkRings(_ graph: DispatchGraph) {
    let lengths = Set(externals.map(\.count) + owned.map(\.count)).subtracting([1])
    precondition(lengths.count <= 1, "\(graph.label): rings of \(lengths.sorted()) buffers")
    var seen: Set<ObjectIdentifier> = []
    for buffer in externals.joined() {
      precondition(
        seen.insert(ObjectIdentifier(buffer)).inserted,
        "\(graph.label): buffer \(buffer.label) stands in a ring and elsewhere")
    }
  }

  /// Which memory each resource lies in.
  var memories: [Int?] { origins.map { $0?.memory } }

  /// Where a declared range lies.
  func place(_ range: BufferRange) -> PlacedRange {
    guard let origin = origins[range.resource] else {
      preconditionFailure("resource \(range.resource) is used by a step and has no place")
    }
    let start = origin.offset + range.offset
    return PlacedRange(memory: origin.memory, bytes: start..<start + range.byteCount)
  }
}

extension DispatchGraph {
  /// First and last step that touch each resource; nil where none does.
  fileprivate func stepSpans() -> [ClosedRange<Int>?] {
    var spans = [ClosedRange<Int>?](repeating: nil, count: resources.count)
    for (index, step) in steps.enumerated() {
      for use in step.command.uses {
        spans[use.range.resource] = (spans[use.range.resource]?.lowerBound ?? index)...index
      }
    }
    return spans
  }
}
