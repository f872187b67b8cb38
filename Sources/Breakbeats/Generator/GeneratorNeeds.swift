import NeuralNetworks
package import Tensors

/// What a generator takes on a device for some requests, planned and not allocated.
package struct GeneratorNeeds: Sendable, Hashable {
  /// Bytes of the model and of every program, each for batches as large as its requests ask for and
  /// the device's limits allow.
  package var byteCount: Int
  /// Bytes without which a request fails: the model's, and the largest program's for one item.
  package var leastByteCount: Int

  /// Plans the programs of requests.
  ///
  /// - Parameters:
  ///   - requests: What is asked for, and for how many items at a time.
  ///   - configuration: The model's sizes.
  ///   - backend: The device.
  /// - Throws: What compiling for a single item would throw about the device's limits.
  package init(
    of requests: [(program: GeneratorProgram, count: Int)],
    _ configuration: BreakbeatVAE.Configuration, on backend: any Backend
  ) throws {
    let planning = PlanningBackend(for: backend)
    let model = try BreakbeatVAE(configuration, Parameters(from: UnsetParameters(), on: planning))
    let own = ProgramStore.modelByteCount(configuration)
    (byteCount, leastByteCount) = (own, own)
    var kept: Set<Kept> = []
    for (program, count) in requests where count > 0 {
      let one = try ProgramStore.plan(program, upTo: 1, model, on: planning)
      leastByteCount = max(leastByteCount, own + one.memory.byteCount)
      let size = ProgramStore.batchSize(forItems: count, configuration)
      let batch = try ProgramStore.plan(program, upTo: size, model, on: planning)
      guard kept.insert(Kept(program: program, batchSize: batch.expression.batchSize)).inserted
      else {
        continue
      }
      byteCount += batch.memory.byteCount
    }
  }

  /// A program that a generator keeps.
  private struct Kept: Hashable {
    var program: GeneratorProgram
    var batchSize: Int
  }
}
