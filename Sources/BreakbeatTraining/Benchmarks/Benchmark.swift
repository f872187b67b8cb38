public import Breakbeats
internal import NeuralNetworks
internal import SpectralAudio
public import Tensors
internal import VulkanCompute

/// Measures a preset on a device, with random pictures in memory.
public struct Benchmark: Sendable {
  /// Sizes of the model.
  public let preset: BreakbeatVAE.Preset
  /// Pictures at a time.
  public let batchSize: Int
  /// Pictures of a training step that are in memory at a time; `nil` for all.
  public let microBatchSize: Int?
  /// Whether steps leave out averaged weights and the guard against spikes, as peers do.
  public let isPlain: Bool
  /// Whether training steps store feature maps in 16 bits; decoding and sound know float32 only.
  public let precision: Precision
  /// How decoding and sound round: generators draw with the same bits on every device.
  public let arithmetic: Arithmetic
  /// Runs measured.
  public let runs: Int
  /// How fast the device is at best.
  public let ceilings: DeviceCeilings
  let backend: any Backend

  /// Measures the device's ceilings; programs follow on demand.
  ///
  /// - Throws: `TensorError` when the device cannot store feature maps in 16 bits and should.
  public init(
    _ preset: BreakbeatVAE.Preset, batchSize: Int, microBatchSize: Int? = nil,
    isPlain: Bool = false, precision: Precision = .float32,
    arithmetic: Arithmetic = .reproducible, runs: Int, on backend: any Backend
  ) throws {
    try backend.check(precision)
    self.preset = preset
    self.batchSize = batchSize
    self.microBatchSize = microBatchSize
    self.isPlain = isPlain
    self.precision = precision
    self.arithmetic = arithmetic
    self.runs = runs
    self.backend = backend
    ceilings = try DeviceCeilings(measuring: backend)
  }

  var settings: TrainingSettings {
    var settings = TrainingSettings(preset, steps: 1000, seed: 1)
    settings.batchSize = batchSize
    settings.microBatchSize = microBatchSize
    settings.precision = precision
    if isPlain {
      settings.averageDecay = 0
      settings.gradientSpikeLimit = nil
    }
    return settings
  }

  private func model() throws -> TrainedModel {
    try settings.check()
    return try TrainedModel(settings, from: RandomParameters(seed: 1), on: backend)
  }

  /// Whole training steps, as `vamen train` takes them unless they are plain.
  public func train() throws -> BenchmarkResult {
    let trained = try model()
    let length = settings.model.spectrogram.pixelCount
    let pictures = randomNumbers(batchSize * length)
    let numbers = StepNumbers(step: 1, learningRate: 1e-3, divergenceWeight: 10 / 4096)
    // Parameters, two moments and averages; with parts, the gradients too.
    let variables = (isPlain ? 3 : 4) + (settings.partialBatchSize == nil ? 0 : 1)
    var result = try measure("train", variables: variables, trained) { options in
      let step = try settings.advising(on: backend) {
        try trained.makeStep(options: options).step
      }
      try step.prepare { $0 = pictures }
      return Workload(programs: step.programs) {
        let finish = try step.start(numbers)
        try step.prepare { $0 = pictures }
        _ = try finish()
      }
    }
    result.microBatchSize = settings.partialBatchSize
    result.isPlain = isPlain
    result.precision = precision
    return result
  }

  /// Pictures from latents.
  public func decode() throws -> BenchmarkResult {
    let trained = try model()
    let latents = Tensor.input(trained.latentShape(batchSize), name: "latents")
    let values = randomNumbers(latents.shape.count)
    var result = try measure("decode", variables: 1, trained) {
      try workload(trained.model.decode(latents), of: latents, values, "decoder", $0)
    }
    result.arithmetic = arithmetic
    return result
  }

  /// Loops from pictures: mel inversion and 32 iterations of phase retrieval.
  public func sound() throws -> BenchmarkResult {
    let spectrogram = preset.configuration.spectrogram
    let inverter = SpectrogramInverter(
      spectrogram, options: .decoded.withIterations(32))
    let pictures = Tensor.input(
      [batchSize, spectrogram.bands, spectrogram.frames], name: "pictures")
    let values = randomNumbers(pictures.shape.count)
    var result = try measure("sound", variables: 0, nil) {
      try workload(inverter.loops(from: pictures), of: pictures, values, "inverter", $0)
    }
    result.arithmetic = arithmetic
    return result
  }

  private func workload(
    _ output: Tensor, of input: Tensor, _ values: [Float], _ label: String,
    _ options: CompileOptions
  ) throws -> Workload {
    let program = try Program(
      outputs: [output], on: backend, label: label, arithmetic: arithmetic, options: options)
    return Workload(programs: [(program, 1)]) {
      try program.set(input, to: values)
      try program.run()
      _ = try program.values(of: output)
    }
  }

  /// Compiles three times: to time whole runs, kernels, and groups of kernels. One after the other,
  /// so that only one is in memory.
  private func measure(
    _ mode: String, variables: Int, _ trained: TrainedModel?,
    _ compile: (CompileOptions) throws -> Workload
  ) throws -> BenchmarkResult {
    let whole = try timeWhole(compile)
    let middle = median(whole.seconds)
    let measuresTimes = (backend as? VulkanBackend)?.device.description.features.timestamps ?? true
    return BenchmarkResult(
      mode: mode, preset: preset.rawValue, batchSize: batchSize, microBatchSize: nil,
      device: backend.name, compileSeconds: whole.compileSeconds,
      bestSeconds: whole.seconds.min() ?? 0, medianSeconds: middle, runs: runs,
      imagesPerSecond: Double(batchSize) / max(middle, 1e-12),
      gigaflops: whole.report.arithmetic / max(middle, 1e-12) / 1e9,
      replay: measuresTimes ? try timeGroups(compile) : nil,
      variableByteCount: variables * 4 * (trained?.parameters.count ?? 0), report: whole.report,
      operations: measuresTimes ? try timeOperations(compile) : [])
  }

  private func timeWhole(
    _ compile: (CompileOptions) throws -> Workload
  ) throws -> (seconds: [Double], compileSeconds: Double, report: ProgramReport) {
    let start = ContinuousClock.now
    let workload = try compile(.init())
    let compileSeconds = (ContinuousClock.now - start) / .seconds(1)
    return (try workload.seconds(runs: runs), compileSeconds, workload.programs.report)
  }

  private func timeGroups(
    _ compile: (CompileOptions) throws -> Workload
  ) throws -> ReplayOverhead {
    var options = CompileOptions()
    options.groupTimestamps = true
    let workload = try compile(options)
    for _ in 0..<2 { try workload.run() }
    let activities = try (0..<max(3, min(runs, 10))).map { _ in
      let start = ContinuousClock.now
      try workload.run()
      let wall = (ContinuousClock.now - start) / .seconds(1)
      return (wall, try workload.activity())
    }
    return ReplayOverhead(runs: activities)
  }

  private func timeOperations(
    _ compile: (CompileOptions) throws -> Workload
  ) throws -> [OperationTime] {
    var options = CompileOptions()
    options.timestamps = true
    let workload = try compile(options)
    try workload.run()
    let timings = try (0..<min(runs, 5)).map { _ in
      try workload.run()
      return try workload.timings()
    }
    return OperationTime.summary(of: timings, ceilings: ceilings)
  }
}

/// Numbers in 0..<1 that look random.
func randomNumbers(_ count: Int) -> [Float] {
  var state: UInt32 = 1
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(state >> 8) * 0x1p-24
  }
}
