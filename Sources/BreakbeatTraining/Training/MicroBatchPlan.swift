public import Tensors
internal import Breakbeats
internal import NeuralNetworks
internal import SpectralAudio
internal import VulkanCompute

/// The largest micro-batch that a device holds, found by planning and not by trying.
public struct MicroBatchPlan: Sendable, Hashable {
  /// Pictures at a time; `nil` when the whole batch fits.
  public let size: Int?
  /// Bytes that training needs with it: programs, parameters, moments and gradients.
  public let byteCount: Int
  /// Bytes that the device has left.
  public let availableByteCount: Int
  /// Why the next larger one was not taken.
  public let obstacle: String?
  private let batchSize: Int

  /// Plans the programs of a training step for smaller and smaller micro-batches until one fits.
  ///
  /// Nothing is allocated. A tenth of what is free is left to others, and what a preview takes that
  /// draws its loops one by one.
  ///
  /// - Throws: ``TrainingDataError`` for settings that cannot be trained with, and when not even a
  ///   single picture fits.
  public init(_ settings: TrainingSettings, on backend: any Backend) throws {
    // Whatever is in memory at a time is found here; all else must be possible.
    var least = settings
    least.microBatchSize = 1
    try least.check()
    batchSize = settings.batchSize
    // Where a device's limits forbid previews, the run does without and says so.
    let previews = (try? RunPreview.needs(settings.model, on: backend).leastByteCount) ?? 0
    availableByteCount = max(0, backend.availableByteCount / 10 * 9 - previews)
    // Sizes that differ: ⌈batch / parts⌉, the largest first.
    var sizes: [Int] = []
    for parts in 1...settings.batchSize {
      let size = (settings.batchSize + parts - 1) / parts
      if size != sizes.last { sizes.append(size) }
    }
    // What fits once fits in all smaller sizes: halve the range.
    var (low, high) = (0, sizes.count)
    var found: (size: Int, byteCount: Int)?
    var obstacle: String?
    while low < high {
      let middle = (low + high) / 2
      switch Self.attempt(sizes[middle], settings, backend, availableByteCount) {
      case .success(let byteCount):
        found = (sizes[middle], byteCount)
        high = middle
      case .failure(let problem):
        obstacle = problem.description
        low = middle + 1
      }
    }
    guard let found else {
      throw TrainingDataError(
        .resources,
        "not even one picture at a time can be trained with on \(backend.name): "
          + (obstacle ?? "unknown"),
        remedy: "use a smaller preset or another device")
    }
    size = found.size == settings.batchSize ? nil : found.size
    byteCount = found.byteCount
    self.obstacle = obstacle
  }

  /// Why a size does not fit.
  private struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  private static func attempt(
    _ size: Int, _ settings: TrainingSettings, _ backend: any Backend, _ available: Int
  ) -> Result<Int, Problem> {
    guard size <= settings.model.countablePictures else {
      return .failure(Problem(description: "\(size) pictures are more than kernels can count"))
    }
    var settings = settings
    settings.microBatchSize = size
    do {
      let byteCount = try settings.memory(on: backend)
      guard byteCount <= available else {
        return .failure(
          Problem(
            description: "\(size) pictures need \(mebibytes(byteCount)), "
              + "\(mebibytes(available)) are free"))
      }
      return .success(byteCount)
    } catch {
      return .failure(Problem(description: "\(size) pictures: \(error)"))
    }
  }
}

extension MicroBatchPlan: CustomStringConvertible {
  /// What was chosen and why.
  public var description: String {
    let reason = obstacle.map { " (\($0))" } ?? ""
    let memory = "\(mebibytes(byteCount)) of \(mebibytes(availableByteCount))"
    guard let size else { return "the whole batch of \(batchSize) fits: \(memory)" }
    let parts = (batchSize + size - 1) / size
    return "\(counted(size, "picture")) at a time, \(counted(parts, "time")), \(memory)\(reason)"
  }
}

extension TrainingSettings {
  /// Bytes that training takes on a backend, planned and not allocated.
  ///
  /// - Throws: What compiling would throw about the device's limits.
  func memory(on backend: any Backend) throws -> Int { try needs(on: backend).byteCount }

  /// Refuses what is more than is free, in sum. A Vulkan device refuses what it cannot hold; the
  /// system promises memory that it does not have, piece by piece, and ends the program later.
  func checkMemory(on backend: any Backend) throws {
    guard !(backend is VulkanBackend) else { return }
    let (need, free) = (try memory(on: backend), backend.availableByteCount)
    guard need > free else { return }
    throw TensorError(
      .outOfMemory,
      "training needs \(mebibytes(need)) on \(backend.name), where \(mebibytes(free)) are free")
  }

  /// The products that training computes on a backend: what can be tuned.
  ///
  /// - Throws: What compiling would throw about the device's limits, with what would fit.
  public func products(on backend: any Backend) throws -> [ProductProblem] {
    try check()
    return try advising(on: backend) { try needs(on: backend).problems }
  }

  private func needs(
    on backend: any Backend
  ) throws -> (byteCount: Int, problems: [ProductProblem]) {
    let planning = PlanningBackend(for: backend)
    let trained = try TrainedModel(self, from: UnsetParameters(), on: planning)
    var byteCount = 0
    var problems: [ProductProblem] = []
    // Parameters, two moments and averages; with parts, the gradients too.
    var perParameter = averageDecay > 0 ? 4 : 3
    func add(
      _ outputs: [Tensor], _ updates: [Update], _ label: String, _ precision: Precision = .float32
    ) throws {
      let needs = try Program.memory(
        outputs: outputs, updates: updates, on: planning, label: label, precision: precision)
      byteCount += needs.byteCount
      problems += needs.problems.filter { !problems.contains($0) }
    }
    let optimized = { (outputs: [Tensor], gradients: [Tensor]) in
      let step = try trained.optimizerStep(gradients)
      return (outputs + trained.optimizerOutputs(step), step.updates)
    }
    if let size = partialBatchSize {
      let parts = try MicroBatchExpression(trained, size: size)
      try add([], parts.sumUpdates, "sums of a micro-batch", precision)
      try add([], parts.gradientUpdates, "gradients of a micro-batch", precision)
      let (outputs, updates) = try optimized(
        parts.outputs, parts.accumulators.map { Tensor($0) })
      try add(outputs, updates, "update by micro-batches")
      perParameter += 1
    } else {
      let whole = WholeBatchExpression(trained)
      let (outputs, updates) = try optimized(
        whole.outputs, trained.gradients(of: whole.loss.total))
      try add(outputs, updates, TrainingProgram.stepLabel, precision)
    }
    let latents = trained.evaluatedModel.encode(
      .input(trained.pictureShape(evaluationBatchSize), name: "pictures"))
    let moments = [latents.mean, exp(latents.logVariance)]
    let shift = Tensor.input(trained.latentShape(1), name: "latent shift")
    try add([trained.evaluatedModel.decode(latents.mean + shift)] + moments, [], "evaluation")
    try add(moments, [], "encoder")
    return (byteCount + perParameter * 4 * trained.parameters.count, problems)
  }

  /// Compiles, and says in the error what would fit when memory or a limit is in the way.
  func advising<Result>(on backend: any Backend, _ compile: () throws -> Result) throws -> Result {
    do {
      return try compile()
    } catch  where error.isAboutSize {
      guard let plan = try? MicroBatchPlan(self, on: backend), let size = plan.size,
        size < evaluationBatchSize
      else { throw error }
      var message = "\(error)"
      if let vulkan = error as? VulkanError { message = vulkan.message }
      throw TrainingDataError(
        .resources, message,
        remedy: "use --micro-batch auto (\(size) pictures at a time fit, the result is the same) "
          + "or --batch-size \(size)")
    }
  }
}

extension VulkanError {
  /// Whether less at a time would help.
  var isAboutSize: Bool { code == .notEnoughMemory || code == .limitExceeded }
}

extension Error {
  /// Whether less at a time would help.
  fileprivate var isAboutSize: Bool {
    if let error = self as? VulkanError { return error.isAboutSize }
    return (self as? TensorError)?.code == .outOfMemory
  }
}

/// Bytes for people.
func mebibytes(_ byteCount: Int) -> String { "\((byteCount + (1 << 20) - 1) >> 20) MiB" }
