extension DispatchGraph {
  /// Holds every step to the device's limits.
  func validate(for limits: DeviceLimits) throws {
    var written = Set<Int>()
    for step in steps {
      switch step.command {
      case .dispatch(let kernel, let ranges, _, let constants, let workgroups):
        try validate(kernel, constants, workgroups, step.label, limits)
        for (range, binding) in zip(ranges, kernel.bindings) {
          try validate(range, binding, step.label, limits)
        }
      case .copy: break
      case .fill(let range, _):
        precondition(
          range.offset % 4 == 0 && range.byteCount % 4 == 0,
          "fill \(step.label): bytes \(range.bytes) are not whole words")
      }
      validateOrder(step, &written)
    }
  }

  private func validate(
    _ kernel: Kernel, _ constants: [UInt8], _ workgroups: WorkgroupCount, _ label: String,
    _ limits: DeviceLimits
  ) throws {
    precondition(
      constants.count == kernel.pushConstantByteCount,
      "\(label): \(constants.count) bytes of constants where \(kernel.name) has "
        + "\(kernel.pushConstantByteCount)")
    guard constants.count <= limits.maxPushConstantsSize else {
      throw VulkanError(
        .limitExceeded,
        "\(label): \(constants.count) bytes of push constants, "
          + "the device allows \(limits.maxPushConstantsSize)",
        remedy: "use another device or the CPU")
    }
    let storageCount = kernel.bindings.count(where: { $0.access != .uniform })
    guard storageCount <= limits.maxPerStageDescriptorStorageBuffers else {
      throw VulkanError(
        .limitExceeded,
        "\(label): \(storageCount) storage buffers, "
          + "the device allows \(limits.maxPerStageDescriptorStorageBuffers)",
        remedy: "use another device or the CPU")
    }
    let grid = [workgroups.x, workgroups.y, workgroups.z]
    guard zip(grid, limits.maxComputeWorkGroupCount).allSatisfy({ $0 <= $1 }) else {
      throw VulkanError(
        .limitExceeded,
        "\(label): \(grid) workgroups, the device allows \(limits.maxComputeWorkGroupCount)",
        remedy: "use a smaller batch")
    }
  }

  private func validate(
    _ range: BufferRange, _ binding: Kernel.Binding, _ label: String, _ limits: DeviceLimits
  ) throws {
    let name = binding.name
    precondition(
      binding.access != .uniform || range.byteCount <= 16384,
      "\(label): \(name) has \(range.byteCount) bytes, every device takes uniform blocks of 16384")
    guard range.byteCount <= limits.maxStorageBufferRange else {
      throw VulkanError(
        .limitExceeded,
        "\(label): \(name) has \(range.byteCount) bytes, "
          + "a kernel can address \(limits.maxStorageBufferRange) on this device",
        remedy: "use a smaller batch")
    }
    let alignment = limits.minStorageBufferOffsetAlignment
    precondition(
      range.offset % alignment == 0,
      "\(label): \(name) starts at byte \(range.offset), the device aligns to \(alignment)")
  }

  /// Bytes of a transient that nothing has written yet are undefined, and so is what is read.
  private func validateOrder(_ step: Step, _ written: inout Set<Int>) {
    // A step's own stores count: a binding it does not use may be given any of its ranges.
    for use in step.command.uses where use.writes { written.insert(use.range.resource) }
    for use in step.command.uses where use.reads && !use.writes {
      guard case .transient(_, let label) = resources[use.range.resource] else { continue }
      precondition(
        written.contains(use.range.resource),
        "\(step.label) reads \(label.isEmpty ? "a transient" : label) before anything writes it")
    }
  }
}

extension GraphPlan.Step {
  /// Operands that may not share bytes and do, in words; nil for a step that is as it should be.
  ///
  /// The ranges of a copy have no byte in common. A kernel that stores to an operand may be given
  /// exactly its bytes a second time, because it works in place or leaves one of the two alone; where
  /// the bytes overlap in part, an invocation would read what another one has stored or not yet.
  package var overlap: String? {
    for later in accesses.indices {
      for earlier in accesses[..<later].indices {
        let (a, b) = (accesses[earlier], accesses[later])
        guard a.conflicts(with: b) else { continue }
        switch command {
        case .dispatch(let kernel, _, _, _, _):
          guard a.place != b.place else { continue }
          return "\(label): bytes \(a.place.bytes) for \(kernel.bindings[earlier].name) and "
            + "\(b.place.bytes) for \(kernel.bindings[later].name) overlap in part"
        case .copy, .fill:
          return "copy \(label): the ranges overlap"
        }
      }
    }
    return nil
  }
}

extension DispatchGraph.Resource {
  var label: String {
    switch self {
    case .transient(_, let label), .external(_, let label): label
    case .owned(let memory): memory.label
    }
  }
}

extension BufferRange {
  /// The bytes, relative to the resource.
  var bytes: Range<Int> { offset..<offset + byteCount }
}
