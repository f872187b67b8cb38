import BreakbeatTraining
import Breakbeats
import NeuralNetworks
import SpectralAudio
import Tensors
import Testing
import VulkanCompute

/// Bytes that the programs of every preset move, against what has to be moved, counted by hand from
/// the model's sizes: no code of the report's takes part in the expected numbers.
@Suite struct PresetTrafficTests {
  /// Parameters of zeros.
  private struct Zeros: ParameterSource {
    let description = "zeros"
    let dimensions: [String: [Int]] = [:]
    func parameter(at path: String, shape: Shape, initial: Initialization) -> FoundParameter {
      .values([Float](repeating: 0, count: shape.count))
    }
  }

  private func trainingStep(
    _ configuration: BreakbeatVAE.Configuration, batch: Int, passes: CompilePasses = .all,
    precision: Precision = .float32, clippingNormTo limit: Double? = nil,
    on backend: any Backend = PlanOnlyBackend()
  ) throws -> (program: Program, parameterCount: Int) {
    let parameters = Parameters(from: Zeros(), on: backend)
    let model = try BreakbeatVAE(configuration, parameters)
    let key = Tensor.input([4], elementType: .uint32)
    let latents: Shape = [batch, configuration.latentSize, 1, configuration.columns]
    let loss = model.loss(
      .input([batch, 1, configuration.bands, configuration.frames]),
      noise: randomNormal(latents, key: key), weight: .input([]))
    let trained = parameters.trained
    let step = try AdamW().step(
      for: trained, gradients: loss.total.gradients(withRespectTo: trained.map { Tensor($0) }),
      clippingNormTo: limit)
    let program = try Program(
      outputs: [loss.total, loss.squaredError, loss.divergence, loss.divergences],
      updates: step.updates, on: backend, precision: precision, passes: passes)
    return (program, trained.reduce(0) { $0 + $1.shape.count })
  }

  /// What a training step's bandwidth-bound kernels have to move, in bytes.
  ///
  /// A normalized and activated feature map is read for the statistics, read and written forward;
  /// backward, it and its gradient are read for the sums, then once more, and the gradient by the
  /// convolution's result is written, which is read for the bias: nine passes. An activation alone
  /// is read and written, and its gradient, which a product stores, read for the bias: three. The
  /// difference of the pictures, which a product stores too, is read for the error and for its
  /// gradient, which is written and read for the bias: four. Adam reads four numbers and writes three for each parameter.
  private func minimum(
    _ configuration: BreakbeatVAE.Configuration, batch: Int, parameterCount: Int
  ) -> Int {
    let (height, width) = (configuration.bands, configuration.frames)
    var normalized = 0
    for (level, channels) in configuration.channels.enumerated() {
      normalized += channels * (height >> (level + 1)) * (width >> (level + 1))
      // The decoder has the same maps but the smallest, which an activation alone makes.
      if level < configuration.channels.count - 1 {
        normalized += channels * (height >> (level + 1)) * (width >> (level + 1))
      }
    }
    let levels = configuration.channels.count
    let expanded =
      configuration.channels[levels - 1] * (height >> levels) * (width >> levels)
    return 4 * (batch * (9 * normalized + 3 * expanded + 4 * height * width) + 7 * parameterCount)
  }

  @Test(arguments: BreakbeatVAE.Preset.allCases)
  func trainingStepsMoveLittleMoreThanTheyMust(_ preset: BreakbeatVAE.Preset) throws {
    let batch = 8
    let (program, parameterCount) = try trainingStep(preset.configuration, batch: batch)
    let report = program.report
    let least = minimum(preset.configuration, batch: batch, parameterCount: parameterCount)
    let ratio = Double(report.bandwidthBound.bytesMoved) / Double(least)
    #expect(ratio > 0.999 && ratio < 1.05, "\(preset.rawValue): \(ratio)\n\(report.table)")
    #expect(report.bandwidthBound.ratio < 1.05)
    // No kind of operation that matters hides behind the others.
    for kind in report.kinds where kind.isBandwidthBound && kind.cost.bytesMoved > 1 << 20 {
      #expect(kind.cost.ratio < 1.3, "\(preset.rawValue), \(kind.name): \(kind.cost.ratio)")
    }
  }

  /// Of what moves, feature maps become half; parameters (seven numbers each for Adam, their gradients,
  /// and what products read of them), pictures and the rest stay.
  @Test(arguments: BreakbeatVAE.Preset.allCases)
  func mixedPrecisionHalvesFeatureMaps(_ preset: BreakbeatVAE.Preset) throws {
    let (program, count) = try trainingStep(preset.configuration, batch: 8, precision: .mixed)
    let half = try #require(program.report.halfStorage)
    let wide = try trainingStep(preset.configuration, batch: 8).program.report
    #expect(half.float32BytesMoved == wide.total.bytesMoved)
    // The pass that orders steps sees other sizes, so that it may choose another order.
    #expect(abs(half.float32ArenaByteCount - wide.arenaByteCount) * 20 < wide.arenaByteCount)
    #expect(half.bytesMoved == program.report.total.bytesMoved)
    let rest = 4 * 14 * count
    #expect(half.bytesMoved - rest / 2 < (half.float32BytesMoved * 6) / 10, "\(half.text)")
    #expect(half.arenaByteCount * 100 < half.float32ArenaByteCount * 65, "\(half.text)")
    if ProcessEnvironment.prints {
      let mega = { (bytes: Int) in "\((Double(bytes) / 1e5).rounded() / 10)" }
      print(
        "| `\(preset.rawValue)` | \(half.mapCount) | \(mega(half.float32ArenaByteCount)) | "
          + "\(mega(half.arenaByteCount)) | \(mega(half.float32BytesMoved)) | "
          + "\(mega(half.bytesMoved)) |")
    }
  }

  @Test func withoutFusionTheyMoveMore() throws {
    let configuration = BreakbeatVAE.Configuration.demo
    let (program, parameterCount) = try trainingStep(configuration, batch: 8, passes: [])
    let least = minimum(configuration, batch: 8, parameterCount: parameterCount)
    #expect(Double(program.report.bandwidthBound.bytesMoved) > 1.4 * Double(least))
    let (ordered, fused) = (
      try trainingStep(configuration, batch: 8, passes: [.fold, .fuse]).program.report,
      try trainingStep(configuration, batch: 8).program.report
    )
    #expect(fused.arenaByteCount <= ordered.arenaByteCount)
    #expect(ordered.arenaByteCount < program.report.arenaByteCount)
    if ProcessEnvironment.prints { print(table()) }
  }

  @Test(arguments: [BreakbeatVAE.Preset.tiny, .full])
  func soundsFromLatentsMoveLittleMoreThanTheyMust(_ preset: BreakbeatVAE.Preset) throws {
    let configuration = preset.configuration
    let backend = PlanOnlyBackend()
    let model = try BreakbeatVAE(configuration, Parameters(from: Zeros(), on: backend))
    let pictures = model.decode(.input([2, configuration.latentSize, 1, configuration.columns]))
    let inverter = SpectrogramInverter(
      configuration.spectrogram, options: .decoded.withIterations(3))
    let loops = inverter.loops(
      from: pictures.reshaped(to: [2, configuration.bands, configuration.frames]))
    let report = try Program(outputs: [loops], on: backend).report
    #expect(report.bandwidthBound.ratio < 1.3, "\(report.table)")
    for kind in report.kinds where kind.isBandwidthBound && kind.cost.bytesMoved > 1 << 20 {
      #expect(kind.cost.ratio < 1.3, "\(preset.rawValue), \(kind.name): \(kind.cost.ratio)")
    }
  }

  @Test func epiloguesSaveStepsAndBytesAndCostNoMemory() throws {
    let unfused = CompilePasses.all.subtracting(.epilogues)
    for preset in BreakbeatVAE.Preset.allCases {
      let all = try trainingStep(preset.configuration, batch: 8).program.report
      let some = try trainingStep(preset.configuration, batch: 8, passes: unfused).program.report
      #expect(all.steps < some.steps, "\(preset.rawValue)")
      #expect(all.total.bytesMoved < some.total.bytesMoved, "\(preset.rawValue)")
      #expect(all.bandwidthBound.bytesMoved < some.bandwidthBound.bytesMoved)
      #expect(all.arenaByteCount <= some.arenaByteCount, "\(preset.rawValue)")
    }
  }

  /// The norm of all gradients is put together from one number for each of 34, at the end of sums that
  /// take one dispatch or two: fewer barriers than one between each two numbers.
  @Test(.sharesDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
  func clippingCostsFewBarriers() throws {
    let device = try #require((TestDevice.vulkan.first?.backend as? VulkanBackend)?.device)
    let barriers = try [nil, 1].map { (limit: Double?) in
      try trainingStep(
        BreakbeatVAE.Preset.tiny.configuration, batch: 8, clippingNormTo: limit,
        on: DeclaringBackend(device)
      ).program.report.barriers
    }
    #expect(barriers[0] > 50 && barriers[1] - barriers[0] < 33, "\(barriers)")
  }

  /// The table of `Docs/Performance.md`: dispatches and barriers are those of a device with NVIDIA's
  /// limits.
  private func table() -> String {
    var lines: [String] = []
    guard let device = (TestDevice.vulkan.first?.backend as? VulkanBackend)?.device else {
      return "there is no Vulkan device"
    }
    let target = TileTarget(maxInvocations: 1024, sharedMemoryByteCount: 49152)
    for preset in BreakbeatVAE.Preset.allCases {
      for (name, passes) in [
        ("none", []), ("fold, fuse", [.fold, .fuse]),
        ("all but epilogues", .all.subtracting(.epilogues)), ("all", .all),
      ] as [(String, CompilePasses)] {
        let backend = DeclaringBackend(device, tileTarget: target)
        guard
          let report = try? trainingStep(
            preset.configuration, batch: 8, passes: passes, on: backend
          ).program.report
        else { continue }
        let megabytes = { (bytes: Int) in "\((Double(bytes) / 1e5).rounded() / 10)" }
        let ratio = report.executedMultiplications / report.multiplications
        lines.append(
          "| `\(preset.rawValue)` | \(name) | \(report.steps) | \(report.dispatches) | "
            + "\(report.barriers) | \(megabytes(report.arenaByteCount)) | "
            + "\(megabytes(report.bandwidthBound.bytesMoved)) | "
            + "\(megabytes(report.total.bytesMoved)) | \((ratio * 1000).rounded() / 1000) |")
      }
    }
    return lines.joined(separator: "\n")
  }
}
