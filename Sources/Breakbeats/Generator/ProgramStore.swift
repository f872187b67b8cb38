import SpectralAudio
import Tensors
import VulkanCompute

/// A generator's compiled programs, by what they compute and by batch size, within its memory.
///
/// An item's result does not depend on the size of its batch: programs of all sizes take the tiles
/// that a rule chooses for the largest, so that sums are taken in the same order.
struct ProgramStore {
  private struct Key: Hashable {
    let program: GeneratorProgram
    let batchSize: Int
  }

  private let model: BreakbeatVAE
  private let backend: any Backend
  /// Bytes that model and programs may take; `nil` for what the device has.
  private let memoryLimit: Int?
  private var programs: [Key: BatchProgram] = [:]
  /// The keys of kept programs, the one used last at the end.
  private var order: [Key] = []

  init(_ model: BreakbeatVAE, on backend: any Backend, memoryLimit: Int?) {
    self.model = model
    self.backend = backend
    self.memoryLimit = memoryLimit
  }

  /// The largest batch: enough to keep a device busy. A constant of the model, never of the memory,
  /// because tiles follow from it.
  static func largestBatchSize(_ configuration: BreakbeatVAE.Configuration) -> Int {
    configuration.spectrogram.pixelCount >= 1 << 17 ? 4 : 8
  }

  /// The batch for some items where there is room: the smallest power of two that holds them, up to
  /// the largest.
  static func batchSize(
    forItems count: Int, _ configuration: BreakbeatVAE.Configuration
  ) -> Int {
    var size = 1
    while size < min(count, largestBatchSize(configuration)) { size *= 2 }
    return size
  }

  /// Bytes of the model's parameters.
  static func modelByteCount(_ configuration: BreakbeatVAE.Configuration) -> Int {
    4 * configuration.parameterCount
  }

  /// Bytes that model and programs take now.
  var byteCount: Int {
    Self.modelByteCount(model.configuration) + programs.values.reduce(0) { $0 + $1.byteCount }
  }

  /// Batch sizes of the kept programs of a kind, for tests.
  func batchSizes(of program: GeneratorProgram) -> [Int] {
    programs.keys.filter { $0.program == program }.map(\.batchSize).sorted()
  }

  /// The program for the first of `count` items: for the smallest power of two that holds them, or
  /// as many as fit.
  mutating func program(_ program: GeneratorProgram, count: Int) throws -> BatchProgram {
    var size = Self.batchSize(forItems: count, model.configuration)
    while true {
      let key = Key(program: program, batchSize: size)
      if let found = programs[key] {
        touch(key)
        return found
      }
      let expression = program.expression(batchSize: size, model: model)
      let backend = try self.backend(for: program, expression)
      let byteCount = try Program.memory(
        outputs: expression.outputs, on: backend, label: program.label
      ).byteCount
      if makeRoom(for: byteCount) {
        let made = try BatchProgram(
          expression, byteCount: byteCount, on: backend, label: program.label)
        programs[key] = made
        touch(key)
        return made
      }
      guard size > 1 else { throw doesNotFit(program, byteCount) }
      size /= 2
    }
  }

  /// The program for what is left of a request after a batch: that batch's, or for a remainder a
  /// kept one for as few items as possible, so that nothing is compiled for it. Compiled again
  /// where other requests took the room meanwhile.
  mutating func program(
    _ program: GeneratorProgram, remaining count: Int, afterBatchOf last: Int
  ) throws -> BatchProgram {
    let size = count < last ? batchSizes(of: program).first(where: { $0 >= count }) : last
    let key = Key(program: program, batchSize: size ?? last)
    guard let found = programs[key] else { return try self.program(program, count: count) }
    touch(key)
    return found
  }

  private mutating func touch(_ key: Key) {
    order.removeAll { $0 == key }
    order.append(key)
  }

  /// Lets go of the programs that were used longest ago until there is room; `false` when even an
  /// empty store has none, and then everything is kept.
  private mutating func makeRoom(for byteCount: Int) -> Bool {
    let kept = self.byteCount - Self.modelByteCount(model.configuration)
    // A tenth of what is free is left to others.
    func fits(freed: Int) -> Bool {
      byteCount <= backend.availableByteCount / 10 * 9 + freed
        && Self.modelByteCount(model.configuration) + kept - freed + byteCount
          <= memoryLimit ?? .max
    }
    var freed = 0
    var dropped = 0
    while !fits(freed: freed) {
      guard dropped < order.count else { return false }
      freed += programs[order[dropped]]?.byteCount ?? 0
      dropped += 1
    }
    for key in order.prefix(dropped) { programs[key] = nil }
    order.removeFirst(dropped)
    return true
  }

  private func doesNotFit(_ program: GeneratorProgram, _ byteCount: Int) -> BreakbeatError {
    let need = Self.modelByteCount(model.configuration) + byteCount
    let limit =
      memoryLimit.map { "a limit of \(mebibytes($0))" }
      ?? "\(mebibytes(backend.availableByteCount)) free on \(backend.name)"
    return BreakbeatError(
      .outOfMemory,
      "the \(program.label) needs \(mebibytes(need)) for a single loop, with \(limit); raise the "
        + "limit, choose another device or use a smaller model")
  }

  /// The backend with the tiles of the largest batch.
  private func backend(
    for program: GeneratorProgram, _ expression: BatchExpression
  ) throws -> any Backend {
    let largest = Self.largestBatchSize(model.configuration)
    guard let vulkan = backend as? VulkanBackend, expression.batchSize != largest else {
      return backend
    }
    let problems = try Program.memory(outputs: expression.outputs, on: vulkan).problems
    let reference = try Program.memory(
      outputs: program.expression(batchSize: largest, model: model).outputs, on: vulkan
    ).problems
    guard problems.count == reference.count else { return backend }
    var choices = vulkan.tileChoices
    let target = TileTarget(vulkan.device)
    for (problem, largest) in zip(problems, reference) {
      choices[problem] = vulkan.tileChoices.tile(for: largest, on: target)
    }
    // Where nothing was tuned, all of them are the rule's, and other ones would sum in another order.
    return VulkanBackend(
      vulkan.device, tileChoices: choices, insistsOnChoices: vulkan.tileChoices.isEmpty)
  }
}

/// Bytes for people.
private func mebibytes(_ byteCount: Int) -> String { "\((byteCount + (1 << 20) - 1) >> 20) MiB" }
