import NeuralNetworks
import SpectralAudio
public import Tensors

/// Draws new drum loops from a trained model.
///
/// ```swift
/// let generator = try BreakbeatGenerator(contentsOf: "breaks.safetensors")
/// print(generator.device)                                    // which device, and why
/// let loops = try await generator.loops(count: 16, seed: 7)  // [Waveform], 10 kHz, seamless
/// ```
///
/// **Work.** Making a generator reads and checks the file, nothing else. The device is opened when
/// it is first needed, and each program (drawing, encoding, …) is compiled when it is, for batches
/// of 1, 2, 4 or 8 as requests ask for; ``warmUp(count:bpm:iterations:)`` does both beforehand.
/// Programs are kept; within a memory limit, those that were not used for longest make room.
///
/// **Determinism.** Everything follows from the model and the arguments, to the bit: the loop of a seed
/// and index is the same whether one loop or a thousand are asked for, however they are cut into batches,
/// and on every device.
///
/// **Tasks.** A generator may be used from several tasks at once: their requests take turns, a
/// batch at a time. Cancelling a task ends its request with `CancellationError`: before the next
/// batch, and on the CPU before the next step of a program, such as an iteration of phase retrieval.
public actor BreakbeatGenerator {
  /// Told of progress: items done, and items asked for.
  public typealias Progress = @Sendable (_ done: Int, _ count: Int) -> Void

  /// The model's sizes and what its pictures mean.
  public nonisolated let configuration: BreakbeatVAE.Configuration
  /// What latents are drawn from.
  public nonisolated let latents: LatentGaussian
  /// What latents do; `nil` where the model file does not say.
  public nonisolated let latentDescription: LatentDescription?

  private nonisolated let source: GeneratorDevice
  private nonisolated let executor = GeneratorExecutor()
  private let memoryLimit: Int?
  /// The parameters' values until they are on the device.
  private var parameters: GivenParameters?
  private var store: ProgramStore?

  /// Opens a model file.
  ///
  /// - Parameters:
  ///   - path: A model file, as training writes it.
  ///   - device: `cpu`, the number of a Vulkan device or a part of its name; `nil` for the best
  ///     there is. Opened when it is first needed; an unknown one fails then.
  ///   - memoryLimit: Bytes that model and programs may take on the device; `nil` for nine tenths
  ///     of what is free there. With less, batches are smaller.
  /// - Throws: ``BreakbeatError`` for a file that is damaged, foreign or newer than this program;
  ///   `TensorError` for one that is missing or does not hold the model's parameters.
  public init(contentsOf path: String, device: String? = nil, memoryLimit: Int? = nil) throws {
    try self.init(
      ModelFile(contentsOf: path), device: GeneratorDevice(matching: device),
      memoryLimit: memoryLimit)
  }

  /// Opens the bytes of a model file, for example those of an app's bundle.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - name: What errors call it.
  ///   - device: As for ``init(contentsOf:device:memoryLimit:)``.
  ///   - memoryLimit: As there.
  public init(
    bytes: [UInt8], name: String = "the model in memory", device: String? = nil,
    memoryLimit: Int? = nil
  ) throws {
    try self.init(
      ModelFile(bytes: bytes, name: name), device: GeneratorDevice(matching: device),
      memoryLimit: memoryLimit)
  }

  /// A generator of an open model file on a device that was chosen before.
  public init(_ file: ModelFile, choice: BackendChoice, memoryLimit: Int? = nil) throws {
    try self.init(file, device: GeneratorDevice(choice), memoryLimit: memoryLimit)
  }

  private init(_ file: ModelFile, device: GeneratorDevice, memoryLimit: Int?) throws {
    let reader = ParameterReader(file.parameters)
    // Asks for every parameter, and so reads and checks them all, without a device.
    let planning = PlanningBackend(for: CPUBackend(threadCount: 1))
    let wanted = Parameters(from: reader, on: planning)
    _ = try BreakbeatVAE(file.configuration, wanted)
    try wanted.validate()
    parameters = GivenParameters(reader.entries, description: file.parameters.description)
    configuration = file.configuration
    latents = file.latents ?? .standard(count: file.configuration.latentCount)
    latentDescription = file.latentDescription
    source = device
    self.memoryLimit = memoryLimit
  }

  /// The generator's own thread.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// The device in use and why it was chosen; opens it if that has not happened yet. Where that
  /// fails, what the first request will throw.
  public nonisolated var device: String {
    do {
      let choice = try source.chosen()
      return "\(choice.backend.name): \(choice.reason)"
    } catch {
      return "none: \(error)"
    }
  }

  /// Bytes that the model and its programs take on the device; 0 before the first request.
  public var byteCount: Int { store?.byteCount ?? 0 }

  /// Batch sizes that have been compiled of a program, for tests.
  package func batchSizes(of program: GeneratorProgram) -> [Int] {
    store?.batchSizes(of: program) ?? []
  }

  /// Runs items through a program, a batch at a time; other requests take turns in between.
  func run(
    _ program: GeneratorProgram, _ items: [[Float]], progress: Progress? = nil
  ) async throws -> [[[Float]]] {
    try await run(program, count: items.count, progress: progress) { items[$0] }
  }

  /// Runs items that are made in the turn of their batch, so that making them can be cancelled and
  /// keeps nobody waiting for longer than a batch.
  package func run(
    _ program: GeneratorProgram, count: Int, progress: Progress? = nil,
    items: (Range<Int>) throws -> ArraySlice<[Float]>
  ) async throws -> [[[Float]]] {
    var results: [[[Float]]] = []
    var batchSize: Int?
    while results.count < count {
      try Task.checkCancellation()
      let batch = try runBatch(
        program, of: results.count..<count, afterBatchOf: batchSize, items: items)
      batchSize = batch.size
      results += batch.results
      progress?(results.count, count)
      await Task.yield()
    }
    return results
  }

  /// Runs the first of the items that are left. The compiled program is let go of: while other
  /// requests have their turn, only the store holds programs.
  private func runBatch(
    _ program: GeneratorProgram, of remaining: Range<Int>, afterBatchOf last: Int?,
    items: (Range<Int>) throws -> ArraySlice<[Float]>
  ) throws -> (size: Int, results: [[[Float]]]) {
    let batch = try batchProgram(program, remaining: remaining.count, afterBatchOf: last)
    return (batch.batchSize, try batch.run(items(remaining.prefix(batch.batchSize))))
  }

  private func batchProgram(
    _ program: GeneratorProgram, remaining: Int, afterBatchOf last: Int?
  ) throws -> BatchProgram {
    var store = try self.store ?? makeStore()
    // A copy would keep the programs that make room for this one until it has been compiled.
    self.store = nil
    defer { self.store = store }
    guard let last else { return try store.program(program, count: remaining) }
    return try store.program(program, remaining: remaining, afterBatchOf: last)
  }

  /// Opens the device and brings the parameters there.
  private func makeStore() throws -> ProgramStore {
    let backend = try source.chosen().backend
    guard let parameters else { preconditionFailure("the parameters were moved twice") }
    let need = ProgramStore.modelByteCount(configuration)
    if let memoryLimit, need > memoryLimit {
      throw BreakbeatError(
        .outOfMemory,
        "the model's parameters take \(need) bytes, more than the limit of \(memoryLimit); raise it "
          + "or use a smaller model")
    }
    let model = try BreakbeatVAE(configuration, Parameters(from: parameters, on: backend))
    self.parameters = nil
    return ProgramStore(model, on: backend, memoryLimit: memoryLimit)
  }
}

/// Passes parameters on and keeps what it has passed.
private final class ParameterReader: ParameterSource {
  private let source: any ParameterSource
  private(set) var entries: [String: GivenParameters.Entry] = [:]

  init(_ source: any ParameterSource) { self.source = source }

  var description: String { source.description }
  var dimensions: [String: [Int]] { source.dimensions }

  func parameter(
    at path: String, shape: Shape, initial: Initialization
  ) throws -> FoundParameter {
    let found = try source.parameter(at: path, shape: shape, initial: initial)
    if case .values(let values) = found {
      entries[path] = GivenParameters.Entry(shape: shape, values: values)
    }
    return found
  }
}
