/// Workgroups of a grid that one command runs.
package struct GridPart: Sendable, Hashable {
  /// The first along x, y and z.
  package var first: [Int]
  /// How many along each axis.
  package var count: WorkgroupCount

  /// Whether it holds the grid's first workgroup.
  var isFirst: Bool { first == [0, 0, 0] }
}

extension GraphPlan {
  /// The most parts that a step is cut into.
  package static let largestPartCount = 256

  /// Cuts each dispatch that lasts longer than `seconds` at a rate into commands that run some of its
  /// workgroups each, with no barrier in between: the same workgroups compute the same bits.
  ///
  /// What cannot be cut stays whole: a single workgroup, and kernels that count on their whole grid
  /// (``DispatchGraph/Command/divisibleAxis``).
  mutating func splitLongSteps(lasting seconds: Double, at rate: WorkRate) {
    guard seconds > 0 else { return }
    steps = steps.flatMap { step -> [Step] in
      let own = rate.seconds(arithmetic: step.arithmetic, byteCount: step.byteCount)
      guard own > seconds * (1 + 1e-9), case .dispatch(_, _, _, _, let grid) = step.command,
        let axis = step.command.divisibleAxis
      else { return [step] }
      let extent = [grid.x, grid.y, grid.z][axis]
      let wanted = (own / seconds * (1 - 1e-9)).rounded(.up)
      let count = min(extent, Int(min(wanted, Double(Self.largestPartCount))))
      return (0..<count).map { index in
        let range = extent * index / count..<extent * (index + 1) / count
        var part = step
        part.part = GridPart(grid, range, axis: axis)
        part.scale(by: Double(range.count) / Double(extent))
        part.needsBarrier = step.needsBarrier && index == 0
        return part
      }
    }
  }
}

extension GridPart {
  /// Workgroups `range` along one axis, all along the others.
  fileprivate init(_ grid: WorkgroupCount, _ range: Range<Int>, axis: Int) {
    first = [0, 0, 0]
    first[axis] = range.lowerBound
    count = grid
    switch axis {
    case 0: count.x = range.count
    case 1: count.y = range.count
    default: count.z = range.count
    }
  }
}

extension GraphPlan.Step {
  fileprivate mutating func scale(by share: Double) {
    seconds *= share
    arithmetic *= share
    executedMultiplications *= share
  }
}

extension DispatchGraph.Command {
  /// The axis along which workgroups may be run in several commands; `nil` where they may not.
  ///
  /// In each command `gl_WorkGroupID` is that of the whole grid and `gl_NumWorkGroups` what the
  /// command runs. So a grid of ``WorkgroupCount/covering(_:by:)``, whose kernels number their
  /// workgroups by both, is cut into rows, or, where it has one row only, within it. Any other grid
  /// is cut along its last axis, if its kernel does not look at `gl_NumWorkGroups`.
  var divisibleAxis: Int? {
    guard case .dispatch(let kernel, _, _, _, let grid) = self else { return nil }
    let extents = [grid.x, grid.y, grid.z]
    guard let axis = extents.lastIndex(where: { $0 > 1 }) else { return nil }
    return grid.isFolded || !kernel.readsGridSize ? axis : nil
  }
}
