import CVulkan

/// What a driver made of a kernel: its own numbers, and the code where it shows it.
public struct KernelCompilation: Sendable, Hashable, Codable {
  /// The kernel's name.
  public var kernel: String
  /// The driver's statistics, by its own names: registers, spills, instructions, ...
  public var statistics: [String: Double]
  /// Texts of the compiler's stages, by its own names, such as assembly.
  public var representations: [String: String]

  /// Numbers and texts, for tests.
  public init(kernel: String, statistics: [String: Double], representations: [String: String]) {
    self.kernel = kernel
    self.statistics = statistics
    self.representations = representations
  }
}

extension Device {
  /// Whether `compilation(of:specialization:)` is possible: it was asked for when the device was
  /// opened, and the driver can.
  public var capturesCompilation: Bool { logical.capturesCompilation }

  /// Compiles a kernel, allocates and runs nothing, and says what the driver made of it.
  ///
  /// - Throws: ``VulkanError`` when the kernel does not compile, or of code `unavailable` when the
  ///   driver says nothing about what it compiles.
  package func compilation(
    of kernel: Kernel, specialization: [UInt32]
  ) throws -> KernelCompilation {
    guard logical.capturesCompilation else {
      throw VulkanError(
        .unavailable, "\(description.name) does not say what it compiles kernels to",
        remedy: "use a driver with VK_KHR_pipeline_executable_properties, such as Mesa's")
    }
    let pipeline = try Pipeline(
      logical, kernel, specialization: specialization, cache: 0, captures: true)
    return try ExecutableReader(logical, pipeline, kernel).compilation()
  }
}

/// Reads the properties of a pipeline's only executable.
private struct ExecutableReader {
  let device: LogicalDevice
  let kernel: Kernel
  let statistics: PFN_vkGetPipelineExecutableStatisticsKHR
  let representations: PFN_vkGetPipelineExecutableInternalRepresentationsKHR
  let pipeline: Pipeline

  init(_ device: LogicalDevice, _ pipeline: Pipeline, _ kernel: Kernel) throws {
    self.device = device
    self.kernel = kernel
    self.pipeline = pipeline
    func function<F>(_ name: String, as type: F.Type) throws -> F {
      let lookup = device.instance.functions.vkGetDeviceProcAddr
      guard let function = lookup(device.handle, name) else {
        throw VulkanError(.driver, "\(device.name) has no function \(name)")
      }
      return unsafeBitCast(function, to: type)
    }
    statistics = try function(
      "vkGetPipelineExecutableStatisticsKHR", as: PFN_vkGetPipelineExecutableStatisticsKHR.self)
    representations = try function(
      "vkGetPipelineExecutableInternalRepresentationsKHR",
      as: PFN_vkGetPipelineExecutableInternalRepresentationsKHR.self)
  }

  func compilation() throws -> KernelCompilation {
    var info = VkPipelineExecutableInfoKHR()
    info.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR
    info.pipeline = pipeline.handle
    return KernelCompilation(
      kernel: kernel.name, statistics: try readStatistics(&info),
      representations: try readRepresentations(&info))
  }

  private var what: String { "reading what \(device.name) made of \(kernel.name)" }

  private func readStatistics(
    _ info: inout VkPipelineExecutableInfoKHR
  ) throws -> [String: Double] {
    var count: UInt32 = 0
    try check(statistics(device.handle, &info, &count, nil), what)
    var empty = VkPipelineExecutableStatisticKHR()
    empty.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR
    var list = [VkPipelineExecutableStatisticKHR](repeating: empty, count: Int(count))
    try check(statistics(device.handle, &info, &count, &list), what)
    return Dictionary(
      list.prefix(Int(count)).map { (text(inTuple: $0.name), $0.number) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Asks for the sizes, then for the texts.
  private func readRepresentations(
    _ info: inout VkPipelineExecutableInfoKHR
  ) throws -> [String: String] {
    var count: UInt32 = 0
    try check(representations(device.handle, &info, &count, nil), what)
    var empty = VkPipelineExecutableInternalRepresentationKHR()
    empty.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR
    var list = [VkPipelineExecutableInternalRepresentationKHR](
      repeating: empty, count: Int(count))
    try check(representations(device.handle, &info, &count, &list), what)
    return try withCallArena { arena in
      for index in list.indices {
        list[index].pData = UnsafeMutableRawPointer(
          arena.store([UInt8](repeating: 0, count: list[index].dataSize + 1)))
      }
      try check(representations(device.handle, &info, &count, &list), what)
      var texts: [String: String] = [:]
      for item in list.prefix(Int(count)) where item.isText != 0 {
        guard let data = item.pData else { continue }
        let bytes = UnsafeRawBufferPointer(start: data, count: item.dataSize).prefix { $0 != 0 }
        texts[text(inTuple: item.name)] = String(decoding: bytes, as: UTF8.self)
      }
      return texts
    }
  }
}

extension VkPipelineExecutableStatisticKHR {
  fileprivate var number: Double {
    switch format {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR: Double(value.b32)
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR: Double(value.i64)
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR: Double(value.u64)
    default: value.f64
    }
  }
}
