extension DispatchGraph {
  /// Validates, places, synchronizes and records the graph for a device.
  ///
  /// **Cost** 1 µs or so per step, and the compilation of kernels that the device has not met: 10
  /// to 25 ms each, less than 1 ms when an earlier run of the program met them.
  ///
  /// - Throws: ``VulkanError`` of code `limitExceeded` or `notEnoughMemory`, before anything is
  ///   allocated, or whatever the driver reports.
  public func compile(
    for device: Device, options: CompileOptions = .init()
  ) throws -> CompiledGraph {
    let splitting = device.splitting(options)
    var options = options
    options.secondsPerSubmission = options.secondsPerSubmission ?? device.secondsPerSubmission
    let plan = try GraphPlan(
      self, limits: device.limits, options: options, rate: device.workRate, splitting: splitting)
    try plan.checkMemory(of: device)
    let resources = try GraphResources(plan, device: device, options: options)
    device.pipelines.save()
    return try CompiledGraph(
      device: device, plan: plan, resources: resources,
      patience: options.patience ?? device.defaultPatience)
  }
}

extension GraphPlan {
  /// Compares everything that compiling will allocate with the device's memory, heap by heap.
  func checkMemory(of device: Device) throws {
    for buffer in externals.joined() {
      precondition(
        buffer.device === device.logical,
        "\(label): buffer \(buffer.label) belongs to another device")
    }
    var needed: [Int: Int] = [device.logical.heap(of: .deviceLocal): arenaByteCount]
    for memory in owned {
      needed[device.logical.heap(of: memory.kind), default: 0] += memory.byteCount * memory.count
    }
    for (heap, byteCount) in needed.sorted(by: { $0.key < $1.key }) {
      let available = device.logical.availableMemory(heap: heap)
      guard byteCount > available else { continue }
      throw refusal(
        needed: byteCount, available: available,
        of: device.logical.heap(of: .deviceLocal) == heap ? "memory" : "memory for the host",
        on: device.description.name)
    }
  }

  private func refusal(
    needed: Int, available: Int, of memory: String, on device: String
  ) -> VulkanError {
    let kept = owned.reduce(0) { $0 + $1.byteCount * $1.count }
    let fraction = 100 * available / max(1, needed)
    return VulkanError(
      .notEnoughMemory,
      "\(label.isEmpty ? "the graph" : label) needs \(mebibytes(needed)) of \(memory) on \(device), "
        + "where \(mebibytes(available)) are free: \(mebibytes(arenaByteCount)) for intermediate "
        + "results, \(mebibytes(kept)) for inputs, outputs and constants",
      remedy: "about \(fraction) % of it would fit: use a smaller batch or micro-batches, or a "
        + "device with more memory")
  }
}

/// Bytes for people.
func mebibytes(_ byteCount: Int) -> String {
  byteCount < 10 << 20
    ? "\((byteCount + 1023) >> 10) KiB" : "\((byteCount + (1 << 20) - 1) >> 20) MiB"
}
