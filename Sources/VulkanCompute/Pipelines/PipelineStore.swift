import CVulkan
import Dispatch
import Synchronization

/// A device's pipelines: each made once per process, and quickly when an earlier run made it.
final class PipelineStore: Sendable {
  private let device: LogicalDevice
  private let cache: VkPipelineCache
  private let path: String?
  private let state: Mutex<State>

  private struct Key: Hashable, Sendable {
    let kernel: Kernel
    let specialization: [UInt32]
    /// Whether its workgroups are run by several commands.
    let runsInParts: Bool
  }

  private struct State {
    var pipelines: [Key: Pipeline] = [:]
    var notes: [String]
    /// Whether pipelines were made since the file was written.
    var isDirty = false
  }

  init(_ device: LogicalDevice, folder: PipelineCacheFolder) throws {
    let description = device.physical.description
    path = folder.path.map {
      "\($0)/pipelines-1-\(description.deviceUUID)-\(description.driverUUID).bin"
    }
    var notes: [String] = []
    let kept = Self.read(path, for: device.physical.cacheIdentity, notes: &notes)
    self.device = device
    do {
      cache = try Self.makeCache(device, kept)
    } catch  where !kept.isEmpty {
      notes.append("ignored the pipeline cache \(path ?? ""): \(error)")
      cache = try Self.makeCache(device, [])
    }
    state = Mutex(State(notes: notes))
  }

  private static func makeCache(_ device: LogicalDevice, _ kept: [UInt8]) throws -> VkPipelineCache
  {
    var cache: VkPipelineCache = 0
    try withCallArena { arena in
      var info = VkPipelineCacheCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO
      info.initialDataSize = kept.count
      info.pInitialData = UnsafeRawPointer(arena.store(kept))
      try check(
        device.functions.vkCreatePipelineCache(device.handle, &info, nil, &cache),
        "making a pipeline cache on \(device.name)")
    }
    return cache
  }

  deinit {
    save()
    device.functions.vkDestroyPipelineCache(device.handle, cache, nil)
  }

  /// What was ignored, and why.
  var notes: [String] { state.withLock { $0.notes } }

  /// Each step's pipeline, nil for copies and fills, in the order in which steps were declared. New
  /// ones are made on all processors.
  ///
  /// - Throws: ``VulkanError`` that concerns a pipeline.
  func pipelines(for plan: GraphPlan) throws -> [Pipeline?] {
    var keys = [Key?](
      repeating: nil, count: (plan.steps.map(\.declaredIndex).max() ?? -1) + 1)
    for step in plan.steps {
      guard case .dispatch(let kernel, _, let specialization, _, _) = step.command else { continue }
      keys[step.declaredIndex] = Key(
        kernel: kernel, specialization: specialization, runsInParts: step.part != nil)
    }
    let distinct = Array(Set(keys.compactMap { $0 }))
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: distinct.count) { index in
      do {
        _ = try pipeline(distinct[index])
      } catch {
        let marked = Self.marked(error)
        failure.withLock { $0 = $0 ?? marked }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return try keys.map { try $0.map(pipeline) }
  }

  /// An error that says what it concerns.
  private static func marked(_ error: any Error) -> any Error {
    guard var error = error as? VulkanError else { return error }
    error.concernsPipeline = true
    return error
  }

  /// The pipeline for a kernel, made on first use. Compiling holds no lock, so that other threads
  /// go on; when two make the same one, the first is kept.
  private func pipeline(_ key: Key) throws -> Pipeline {
    if let known = state.withLock({ $0.pipelines[key] }) { return known }
    let made = try Pipeline(
      device, key.kernel, specialization: key.specialization, cache: cache,
      runsInParts: key.runsInParts)
    return state.withLock { state in
      if let known = state.pipelines[key] { return known }
      state.pipelines[key] = made
      state.isDirty = true
      return made
    }
  }

  /// Writes the pipelines made since the last time to disk; a failure is a note, because the work
  /// itself does not need the file.
  func save() {
    guard let path, state.withLock({ $0.isDirty }) else { return }
    do {
      try AtomicFile.replace(path, with: CacheFile.encode(data()))
    } catch {
      let text = (error as? AtomicFile.Failure)?.text ?? "\(error)"
      state.withLock { $0.notes.append("the pipeline cache was not kept: \(text)") }
    }
    state.withLock { $0.isDirty = false }
  }

  private func data() throws -> [UInt8] {
    let what = "reading the pipeline cache of \(device.name)"
    var count = 0
    try check(
      device.functions.vkGetPipelineCacheData(device.handle, cache, &count, nil), what)
    var data = [UInt8](repeating: 0, count: count)
    try check(
      device.functions.vkGetPipelineCacheData(device.handle, cache, &count, &data), what)
    return Array(data.prefix(count))
  }

  private static func read(
    _ path: String?, for identity: CacheIdentity, notes: inout [String]
  ) -> [UInt8] {
    guard let path else { return [] }
    do {
      guard let file = try AtomicFile.read(path) else { return [] }
      return try CacheFile.decode(file, for: identity).get()
    } catch {
      let reason =
        (error as? CacheFile.Rejection)?.reason ?? (error as? AtomicFile.Failure)?.text
        ?? "\(error)"
      notes.append("ignored the pipeline cache \(path): it \(reason)")
      return []
    }
  }
}
