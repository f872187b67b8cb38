extension CompiledGraph {
  /// Faults of placement and barriers, found independently of the code that planned them: in the
  /// plan, and, where the device traces, in the recorded commands of three runs one after the
  /// other. Empty unless this library has a defect.
  package func verifyBarriers() -> [String] {
    var checker = HazardChecker()
    let runs = [0, 1 % slotCount, 0].flatMap { slot in
      batch(of: slot).traces.flatMap { checker.consume($0.events) } + checker.finish()
    }
    return plan.faults() + runs
  }

  /// The commands of a slot as they were recorded; empty unless the device traces.
  package func trace(slot: Int) -> [CommandTrace.Event] {
    batch(of: slot).traces.flatMap(\.events)
  }

  func verify() throws {
    guard device.logical.verifies, let fault = verifyBarriers().first else { return }
    throw VulkanError(.defect, "\(name): \(fault)", remedy: "report it")
  }

  /// Runs with permuted steps, and again from the same state as recorded; throws where the two give
  /// different bits, and leaves everything as it was.
  func compareOrders(slot: Int) throws {
    let buffers = resources.keptMemory(slot: slot)
    try waitForLastRun()
    let before = try buffers.map(contents)
    let restore = { [device] in
      for (buffer, bytes) in zip(buffers, before) { try device.upload(bytes, to: buffer) }
    }
    var results: [[[UInt8]]] = []
    for (batch, garbage) in [(permutedBatches[slot], UInt8(0xFF)), (batch(of: slot), 0x7E)] {
      for block in resources.arena {
        try device.upload([UInt8](repeating: garbage, count: block.byteCount), to: block)
      }
      try wait(until: submit(batch))
      results.append(try buffers.map(contents))
      try restore()
    }
    for (index, buffer) in buffers.enumerated() where results[0][index] != results[1][index] {
      let offset = zip(results[0][index], results[1][index]).enumerated().first { $1.0 != $1.1 }
      throw VulkanError(
        .defect,
        "\(name): the order of steps between barriers changes byte \(offset?.offset ?? 0) of "
          + buffer.label, remedy: "report it")
    }
  }

  private func contents(of buffer: Buffer) throws -> [UInt8] {
    try device.download(buffer, count: buffer.byteCount, as: UInt8.self)
  }
}
