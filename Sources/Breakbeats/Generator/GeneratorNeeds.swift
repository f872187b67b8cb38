import NeuralNetworks
package import Tensors

/// What a generator takes on a device for some requests, planned and not allocated.
package struct GeneratorNeeds: Sendable, Hashable {
  /// Bytes of the model and of every program, each for batches as large as its requests ask for.
  package var byteCount: Int
  /// Bytes without which a request fails: the model's, and the largest program's for one item.
  package var leastByteCount: Int

  /// Plans the programs of requests.
  ///
  /// - Parameters:
  ///   - requests: What is asked for, and for how many items at a time.
  ///   - configuration: The model's sizes.
  ///   - backend: The device.
  /// - Throws: What compiling would throw about the device's limits.
  package init(
    of requests: [(program: GeneratorProgram, count: Int)],
    _ configuration: BreakbeatVAE.Configuration, on backend: any Backend
  ) throws {
    let planning = PlanningBackend(for: backend)
    let model = try BreakbeatVAE(configuration, Parameters(from: UnsetParameters(), on: planning))
    func byteCount(_ program: GeneratorProgram, _ batchSize: Int) throws -> Int {
      let expression = program.expression(batchSize: batchSize, model: model)
      return try Program.memory(
        outputs: expression.outputs, on: planning, label: program.label
      ).byteCount
    }
    let own = ProgramStore.modelByteCount(configuration)
    (self.byteCount, leastByteCount) = (own, own)
    var kept: Set<Kept> = []
    for (program, count) in requests where count > 0 {
      let size = ProgramStore.batchSize(forItems: count, configuration)
      leastByteCount = max(leastByteCount, own + (try byteCount(program, 1)))
      guard kept.insert(Kept(program: program, batchSize: size)).inserted else { continue }
      self.byteCount += try byteCount(program, size)
    }
  }

  /// A program that a generator keeps.
  private struct Kept: Hashable {
    var program: GeneratorProgram
    var batchSize: Int
  }
}
