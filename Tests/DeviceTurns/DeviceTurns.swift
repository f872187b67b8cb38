/// Whose turn it is to use Vulkan devices, in a process that runs many tests at once.
///
/// Vulkan's validation layer keeps what it knows of instances and devices in a table without a
/// lock (`GetLayerDataPtr` of its `vk_layer_data.h` says so): a call on one thread, while another
/// opens or closes a device, may find an empty entry and jump to address 0. So tests that open or
/// close devices, or make calls fail, have the devices alone; those that use devices opened before
/// share them.
public actor DeviceTurns {
  /// The process's turns.
  public static let shared = DeviceTurns()

  /// Tests that share the devices now.
  private var sharing = 0
  /// Whether a test has them alone.
  private var isTaken = false
  /// In the order in which they came, so that nobody waits for ever.
  private var waiting: [(alone: Bool, turn: CheckedContinuation<Void, Never>)] = []

  /// Runs a test's body when it is its turn.
  public nonisolated func take(alone: Bool, _ body: @Sendable () async throws -> Void) async throws
  {
    await begin(alone: alone)
    do {
      try await body()
      await end(alone: alone)
    } catch {
      await end(alone: alone)
      throw error
    }
  }

  private func begin(alone: Bool) async {
    await withCheckedContinuation { turn in
      waiting.append((alone, turn))
      admit()
    }
  }

  private func end(alone: Bool) {
    if alone { isTaken = false } else { sharing -= 1 }
    admit()
  }

  private func admit() {
    while let first = waiting.first, !isTaken, sharing == 0 || !first.alone {
      waiting.removeFirst()
      if first.alone { isTaken = true } else { sharing += 1 }
      first.turn.resume()
    }
  }
}
