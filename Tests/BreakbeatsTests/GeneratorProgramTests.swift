import BreakbeatTraining
import Breakbeats
import Foundation
import NeuralNetworks
import SpectralAudio
import Synchronization
import Tensors
import Testing
import VulkanCompute

private final class Count: Sendable {
  private let number = Mutex(0)
  var value: Int { number.withLock { $0 } }
  func add(_ more: Int) { number.withLock { $0 += more } }
}

/// What an embedding app relies on: laziness, memory, turns, cancellation, equal loops everywhere.
@Suite struct GeneratorProgramTests {
  /// The bytes of a fresh model.
  private static func model(_ configuration: BreakbeatVAE.Configuration = .tiny) throws -> ModelFile
  {
    let folder = try ScratchFolder()
    let parameters = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
    _ = try BreakbeatVAE(configuration, parameters)
    let path = folder("model.safetensors")
    try ModelFile.write(
      configuration, variables: parameters.variables, latents: nil, to: path)
    return try ModelFile(contentsOf: path)
  }

  private static func generator(
    on backend: any Backend = CPUBackend(), memoryLimit: Int? = nil
  ) throws -> BreakbeatGenerator {
    try BreakbeatGenerator(
      model(), choice: BackendChoice(backend, reason: "tested"), memoryLimit: memoryLimit)
  }

  @Test func theDeviceIsOpenedByTheFirstRequest() async throws {
    let folder = try ScratchFolder()
    let parameters = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
    _ = try BreakbeatVAE(.tiny, parameters)
    let path = folder("model.safetensors")
    try ModelFile.write(.tiny, variables: parameters.variables, latents: nil, to: path)
    let generator = try BreakbeatGenerator(contentsOf: path, device: "no such card")
    await #expect(throws: TensorError.self) { try await generator.warmUp() }
    #expect(generator.device.contains("no such card"))

    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let (fromFile, fromBytes) = (
      try BreakbeatGenerator(contentsOf: path, device: "cpu"),
      try BreakbeatGenerator(bytes: bytes, device: "cpu")
    )
    #expect(await fromBytes.byteCount == 0)
    let loops = try await fromFile.loops(count: 1, seed: 5, iterations: 1)
    #expect(try await fromBytes.loops(count: 1, seed: 5, iterations: 1) == loops)
    #expect(await fromBytes.byteCount > 4 * BreakbeatVAE.Configuration.tiny.parameterCount)
    for cut in [0, 9, 200, bytes.count - 1] {
      #expect(throws: (any Error).self) {
        try BreakbeatGenerator(bytes: Array(bytes.prefix(cut)), device: "cpu")
      }
    }
  }

  @Test(arguments: TestDevice.all)
  func loopsDoNotDependOnTheBatch(_ device: TestDevice) async throws {
    let generator = try Self.generator(on: device.backend)
    let all = try await generator.draw(count: 11, seed: 7, iterations: 2)
    for (first, count) in [(0, 1), (3, 2), (5, 3)] {
      let latents = all[first..<first + count].map(\.latents)
      let some = try await generator.draw(latents, iterations: 2)
      #expect(some == Array(all[first..<first + count]), "\(count) from \(first) on \(device)")
    }
    let program = GeneratorProgram.drawer(.decoded.withIterations(2), hop: 128)
    #expect(await generator.batchSizes(of: program) == [1, 2, 4, 8])
    let warm = try Self.generator(on: device.backend)
    try await warm.warmUp(iterations: 2)
    #expect(await warm.batchSizes(of: program) == [1])
    #expect(try await warm.draw(count: 1, seed: 7, iterations: 2) == [all[0]])
    if let messages = device.validationMessages() { #expect(messages.isEmpty, "\(messages)") }
  }

  /// Loops, pictures and latents of a briefly trained model, as real pictures are less forgiving than
  /// noise: the same bits on every device and with the kernels of every instruction set; also at another
  /// hop, with another projection, and of sounds.
  @Test func everyDeviceDrawsTheSameLoops() async throws {
    let data = try await TestData.pictures(.tiny, count: 40)
    let trainer = try Trainer(.tiny, data: data, seed: 1, device: "cpu")
    for _ in 0..<30 { _ = try await trainer.takeStep() }
    let folder = try ScratchFolder()
    let path = folder("model.safetensors")
    try await trainer.writeModel(to: path)
    let sound = try BreakSource.synthetic().gridLoop(BreakbeatVAE.Configuration.tiny.spectrogram)
    let cpu = try BreakbeatGenerator(contentsOf: path, device: "cpu")
    let expected = try await cpu.draw(count: 8, seed: 7, iterations: 32)
    let faster = try await cpu.draw(count: 2, seed: 7, bpm: 170, iterations: 8)
    let slower = try await cpu.draw(count: 2, seed: 7, bpm: 75, iterations: 8)
    let copies = try await cpu.reconstructions(of: [sound], iterations: 8)
    let others: [any Backend] =
      TestDevice.vulkan.map(\.backend) + CPUInstructionSet.all.compactMap(CPUBackend.init)
    for backend in others {
      let generator = try BreakbeatGenerator(
        ModelFile(contentsOf: path), choice: BackendChoice(backend, reason: "tested"))
      #expect(try await generator.draw(count: 8, seed: 7, iterations: 32) == expected)
      #expect(try await generator.draw(count: 2, seed: 7, bpm: 170, iterations: 8) == faster)
      #expect(try await generator.draw(count: 2, seed: 7, bpm: 75, iterations: 8) == slower)
      #expect(try await generator.reconstructions(of: [sound], iterations: 8) == copies)
    }
  }

  /// What is offered besides for turning pictures into loops.
  @Test(arguments: TestDevice.vulkan)
  func everyWayOfInversionIsTheSameOnEveryDevice(_ device: TestDevice) async throws {
    let settings = BreakbeatVAE.Configuration.tiny.spectrogram
    let sound = try BreakSource.synthetic().gridLoop(settings)
    let picture = try SpectrogramImage(of: sound, settings: settings).levels
    for options in [
      SpectrogramInverter.Options.real.withIterations(4),
      .init(melInversion: .nonNegativeLeastSquares(iterations: 20), start: .zero).withIterations(4),
      .init(
        melInversion: .pseudoInverse, phaseRetrieval: .fast(), start: .random(seed: 3),
        consistency: .exact
      ).withIterations(4),
    ] {
      let inverter = SpectrogramInverter(settings, options: options)
      let input = Tensor.input([1, settings.bands, settings.frames])
      let loops = try [CPUBackend(), device.backend].map { backend in
        let program = try Program(
          outputs: [inverter.loops(from: input)], on: backend, arithmetic: .reproducible)
        return try program.run([input: picture])[0]
      }
      #expect(loops[0] == loops[1], "\(options) on \(device)")
      #expect(loops[0].contains { abs($0) > 0.01 })
    }
  }

  @Test func severalTasksTakeTurns() async throws {
    let generator = try Self.generator()
    let alone = try await generator.loops(count: 20, seed: 1, iterations: 1)
    let short = try await generator.spectrograms(count: 3, seed: 2)
    let results = try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<6 {
        group.addTask {
          index % 2 == 0
            ? try await generator.loops(count: 20, seed: 1, iterations: 1) == alone
            : try await generator.spectrograms(count: 3, seed: 2) == short
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == [Bool](repeating: true, count: 6))
  }

  @Test func progressIsToldAndCancellingStopsIt() async throws {
    let generator = try Self.generator()
    let told = Mutex<[Int]>([])
    _ = try await generator.loops(count: 19, seed: 1, iterations: 1) { done, count in
      told.withLock { $0.append(100 * count + done) }
    }
    #expect(told.withLock { $0 } == [1908, 1916, 1919])

    // A single batch: only a check between its steps can end it. The clock is a thread's, as the
    // threads of tasks may be busy with other tests for longer than the batch takes.
    let task = Task { try await generator.loops(count: 8, seed: 1, iterations: 2000) }
    Thread.detachNewThread {
      usleep(300_000)
      task.cancel()
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    let many = Task {
      try await generator.loops(count: 1_000_000, seed: 1, iterations: 0) { done, _ in
        if done >= 16 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: CancellationError.self) { try await many.value }
    #expect(try await generator.loops(count: 1, seed: 1, iterations: 1).count == 1)
  }

  /// Latents are made in the turn of their batch: a request that is cancelled has made few of them.
  @Test func latentsAreDrawnInTurns() async throws {
    let generator = try Self.generator()
    let made = Count()
    let program = GeneratorProgram.drawer(.decoded.withIterations(0), hop: 128)
    await #expect(throws: CancellationError.self) {
      try await Task {
        try await generator.run(program, count: 1_000_000) { _, _ in
          withUnsafeCurrentTask { $0?.cancel() }
        } items: { range in
          made.add(range.count)
          return try generator.sampledLatents(
            count: range.count, seed: 1, firstIndex: range.lowerBound)[...]
        }
      }.value
    }
    #expect((1...64).contains(made.value))
  }

  @Test func memoryLimitsTheBatch() async throws {
    let free = try Self.generator()
    let wanted = try await free.draw(count: 8, seed: 3, iterations: 1)
    let need = await free.byteCount
    // Room for half of the batch, and for one program at a time.
    let tight = try Self.generator(memoryLimit: need * 2 / 3)
    #expect(try await tight.draw(count: 8, seed: 3, iterations: 1) == wanted)
    let program = GeneratorProgram.drawer(.decoded.withIterations(1), hop: 128)
    let sizes = await tight.batchSizes(of: program)
    #expect(!sizes.isEmpty && !sizes.contains(8), "\(sizes)")
    _ = try await tight.spectrograms(count: 8, seed: 3)
    _ = try await tight.draw(count: 8, seed: 3, iterations: 2)
    #expect(await tight.byteCount <= need * 2 / 3)
    let none = try Self.generator(
      memoryLimit: 4 * BreakbeatVAE.Configuration.tiny.parameterCount + 1000)
    await #expect {
      try await none.loops(count: 1, seed: 1)
    } throws: {
      ($0 as? BreakbeatError)?.code == .outOfMemory && "\($0)".contains("for a single loop")
    }
    let small = try Self.generator(memoryLimit: 1000)
    await #expect(throws: BreakbeatError.self) { try await small.loops(count: 1, seed: 1) }
  }

  /// Spectra have 64 x 2 x 513 floats a loop: for eight loops more than 2 MiB.
  @Test func limitsOfTheDeviceHalveTheBatch() async throws {
    let wanted = try await Self.generator().draw(count: 8, seed: 3, iterations: 1)
    let backend = LimitedBackend(valueByteCount: 2 << 20)
    let limited = try Self.generator(on: backend)
    #expect(try await limited.draw(count: 8, seed: 3, iterations: 1) == wanted)
    let program = GeneratorProgram.drawer(.decoded.withIterations(1), hop: 128)
    #expect(await limited.batchSizes(of: program) == [4])
    // What is known not to be possible is not planned again.
    let planned = backend.planned
    _ = try await limited.draw(count: 8, seed: 4, iterations: 1)
    #expect(backend.planned == planned)
    let needs = try GeneratorNeeds(of: [(program, 8)], .tiny, on: backend)
    #expect(try needs == GeneratorNeeds(of: [(program, 4)], .tiny, on: backend))

    let none = try Self.generator(on: LimitedBackend(valueByteCount: 1 << 17))
    await #expect {
      try await none.loops(count: 8, seed: 1)
    } throws: {
      ($0 as? VulkanError)?.code == .limitExceeded
    }
  }

  /// Four tempi have a program each; what other requests made room for must be gone, also while the
  /// requests that used it go on.
  @Test func programsThatMakeRoomAreGone() async throws {
    let tempi = [120.0, 130, 140, 150]
    let free = try Self.generator()
    let model = 4 * BreakbeatVAE.Configuration.tiny.parameterCount
    var (taken, largest) = (model, 0)
    for bpm in tempi {
      _ = try await free.loops(count: 1, seed: 3, bpm: bpm, iterations: 0)
      let now = await free.byteCount
      largest = max(largest, now - taken)
      taken = now
    }
    let backend = CountingBackend()
    let tight = try Self.generator(on: backend, memoryLimit: model + largest)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for bpm in tempi {
        group.addTask {
          try await tight.loops(count: 2, seed: 3, bpm: bpm, iterations: 0).count
        }
      }
      for try await count in group { #expect(count == 2) }
    }
    #expect(backend.compiled >= 4)
    #expect(backend.mostAlive == 1)
  }

  @Test func latentsOfAnotherSizeAreRefused() async throws {
    let generator = try Self.generator()
    await #expect(throws: BreakbeatError.self) { try await generator.decode([[1, 2]]) }
    let wild = [Float](repeating: .nan, count: 32)
    await #expect(throws: BreakbeatError.self) { try await generator.draw([wild]) }
    await #expect(throws: BreakbeatError.self) {
      try await generator.interpolate(from: [1], to: wild, steps: 2)
    }
  }
}

/// The CPU backend, refusing plans with a value of more than some bytes.
private final class LimitedBackend: Backend {
  private let processor = CPUBackend()
  private let valueByteCount: Int
  private let count = Count()

  init(valueByteCount: Int) { self.valueByteCount = valueByteCount }

  /// How often it was asked what a plan takes.
  var planned: Int { count.value }

  var name: String { processor.name }

  var availableByteCount: Int { processor.availableByteCount }

  func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage {
    try processor.makeStorage(byteCount: byteCount, label: label)
  }

  func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    try processor.compile(plan, options: options)
  }

  func memory(of plan: Plan) throws -> ProgramMemory {
    count.add(1)
    guard plan.values.allSatisfy({ $0.byteCount <= valueByteCount }) else {
      throw VulkanError(.limitExceeded, "\(plan.label): a value is too large")
    }
    return processor.memory(of: plan)
  }
}

/// The CPU backend, counting the compiled programs that are alive.
private final class CountingBackend: Backend {
  private struct Counts {
    var programs: [Weak] = []
    var mostAlive = 0
  }

  private struct Weak: @unchecked Sendable {
    weak var program: (any Executable)?
  }

  private let processor = CPUBackend()
  private let counts = Mutex(Counts())

  /// Programs compiled so far.
  var compiled: Int { counts.withLock { $0.programs.count } }

  /// The most that were there when one more had been compiled.
  var mostAlive: Int { counts.withLock { $0.mostAlive } }

  var name: String { processor.name }

  var availableByteCount: Int { processor.availableByteCount }

  func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage {
    try processor.makeStorage(byteCount: byteCount, label: label)
  }

  func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    let program = try processor.compile(plan, options: options)
    let weak = Weak(program: program)
    counts.withLock { counts in
      counts.programs.append(weak)
      let alive = counts.programs.reduce(0) { $0 + ($1.program == nil ? 0 : 1) }
      counts.mostAlive = max(counts.mostAlive, alive)
    }
    return program
  }

  func memory(of plan: Plan) throws -> ProgramMemory { processor.memory(of: plan) }
}
