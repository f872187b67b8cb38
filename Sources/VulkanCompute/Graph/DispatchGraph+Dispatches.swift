extension DispatchGraph {
  /// One kernel's run, as declared.
  public struct Dispatch: Sendable {
    /// The kernel.
    public let kernel: Kernel
    /// Bit patterns of its specialization constants.
    public let specialization: [UInt32]
    /// Size of the grid.
    public let workgroups: WorkgroupCount
    /// What it computes.
    public let label: String
    /// Estimated arithmetic operations.
    public let arithmetic: Double
    /// Multiplications that a matrix product or convolution executes, 0 for other kernels.
    public let executedMultiplications: Double

    /// Multiplications of a matrix product or convolution by the textbook, 0 for other kernels.
    public var multiplications: Double { executedMultiplications > 0 ? arithmetic / 2 : 0 }
  }

  /// The dispatches declared so far, without copies and fills.
  public var dispatches: [Dispatch] {
    steps.compactMap { step in
      guard case .dispatch(let kernel, _, let specialization, _, let workgroups) = step.command
      else { return nil }
      return Dispatch(
        kernel: kernel, specialization: specialization, workgroups: workgroups, label: step.label,
        arithmetic: step.arithmetic, executedMultiplications: step.executedMultiplications)
    }
  }
}
