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
    let plan = try GraphPlan(
      self, limits: device.limits, options: options,
      workPerSubmission: device.defaultWorkPerSubmission)
    try plan.checkMemory(of: device)
    let resources = try GraphResources(plan, device: device, timestamps: options.timestamps)
    device.pipelines.save()
    return try CompiledGraph(
      device: device, plan: plan, resources: resources,
      patience: options.patience ?? device.defaultPatience)
  }
}

extension Device {
  /// Software devices take seconds for what a GPU does in milliseconds.
  var defaultWorkPerSubmission: Double { description.kind == .software ? 2e9 : 2e11 }
}

extension GraphPlan {
  /// Compares the arena with the device's memory.
  func checkMemory(of device: Device) throws {
    for buffer in externals.joined() {
      precondition(
        buffer.device === device.logical,
        "\(label): buffer \(buffer.label) belongs to another device")
    }
    let available = device.availableMemoryByteCount
    guard arenaByteCount > available else { return }
    throw VulkanError(
      .notEnoughMemory,
      "\(label.isEmpty ? "the graph" : label) needs \(mebibytes(arenaByteCount)) on "
        + "\(device.description.name), where \(mebibytes(available)) are free",
      remedy: "use a smaller batch or micro-batches, or a device with more memory")
  }
}

/// Bytes for people.
func mebibytes(_ byteCount: Int) -> String {
  byteCount < 10 << 20
    ? "\((byteCount + 1023) >> 10) KiB" : "\((byteCount + (1 << 20) - 1) >> 20) MiB"
}
