import SpectralAudio
import Tensors
import VulkanCompute

/// A generator's compiled programs, by what they compute and by batch size, within its memory.
///
/// Their arithmetic is reproducible: an item's result depends neither on the size of its batch nor on the
/// device.
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
  /// The largest batch of each program of which the device's limits forbid larger ones.
  private var allowedBatchSizes: [GeneratorProgram: Int] = [:]

  init(_ model: BreakbeatVAE, on backend: any Backend, memoryLimit: Int?) {
    self.model = model
    self.backend = backend
    self.memoryLimit = memoryLimit
  }

  /// The largest batch, where limits allow it: enough to keep a device busy.
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

  /// The largest batch, up to `count` items, that a device's limits allow, and what it takes; how much
  /// memory is free does not count.
  ///
  /// - Throws: What compiling for a single item would throw about limits.
  static func plan(
    _ program: GeneratorProgram, upTo count: Int, _ model: BreakbeatVAE, on backend: any Backend
  ) throws -> (expression: BatchExpression, memory: ProgramMemory) {
    var size = count
    while true {
      let expression = program.expression(batchSize: size, model: model)
      do {
        let memory = try Program.memory(
          outputs: expression.outputs, on: backend, label: program.label,
          arithmetic: program.arithmetic(of: expression, on: backend))
        return (expression, memory)
      } catch let error where size > 1 && error.isAboutLimits {
        size /= 2
      }
    }
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
  /// as many as limits allow and fit.
  mutating func program(_ program: GeneratorProgram, count: Int) throws -> BatchProgram {
    var size = min(
      Self.batchSize(forItems: count, model.configuration), allowedBatchSizes[program] ?? .max)
    while true {
      let key = Key(program: program, batchSize: size)
      if let found = programs[key] {
        touch(key)
        return found
      }
      let (expression, memory) = try Self.plan(program, upTo: size, model, on: backend)
      guard size <= expression.batchSize else {
        size = expression.batchSize
        allowedBatchSizes[program] = size
        continue
      }
      let byteCount = memory.byteCount
      if makeRoom(for: byteCount) {
        let made = try BatchProgram(
          expression, byteCount: byteCount, of: program, on: backend)
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
}

extension Error {
  /// Whether a plan goes beyond a device's limits or what shaders can count; one for fewer items may
  /// not.
  fileprivate var isAboutLimits: Bool {
    if let error = self as? VulkanError { return error.code == .limitExceeded }
    return (self as? TensorError)?.code == .outOfMemory
  }
}

/// Bytes for people.
private func mebibytes(_ byteCount: Int) -> String { "\((byteCount + (1 << 20) - 1) >> 20) MiB" }
