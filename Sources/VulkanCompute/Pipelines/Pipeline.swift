import CVulkan

/// A kernel compiled for a device with one choice of specialization constants.
final class Pipeline: Sendable {
  private let device: LogicalDevice
  let setLayout: VkDescriptorSetLayout
  let layout: VkPipelineLayout
  let handle: VkPipeline

  init(
    _ device: LogicalDevice, _ kernel: Kernel, specialization: [UInt32], cache: VkPipelineCache,
    captures: Bool = false, runsInParts: Bool = false
  ) throws {
    precondition(
      specialization.count == kernel.specializationIDs.count,
      "\(kernel.name): \(specialization.count) values for "
        + "\(kernel.specializationIDs.count) specialization constants")
    let what = "kernel \(kernel.name) on \(device.name)"
    var parts = Parts(device: device)
    do {
      try parts.makeSetLayout(kernel, what)
      try parts.makeLayout(kernel, what)
      var flags: UInt32 = 0
      if captures {
        flags |=
          VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR.rawValue
          | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR.rawValue
      }
      if runsInParts { flags |= VK_PIPELINE_CREATE_DISPATCH_BASE_BIT.rawValue }
      try parts.makePipeline(kernel, specialization, cache, what, flags: flags)
    } catch {
      parts.destroy()
      throw error
    }
    self.device = device
    (setLayout, layout, handle) = (parts.setLayout, parts.layout, parts.handle)
  }

  deinit { Parts(device: device, setLayout: setLayout, layout: layout, handle: handle).destroy() }
}

/// The pieces of a pipeline while it is being made.
private struct Parts {
  let device: LogicalDevice
  var setLayout: VkDescriptorSetLayout = 0
  var layout: VkPipelineLayout = 0
  var handle: VkPipeline = 0

  mutating func makeSetLayout(_ kernel: Kernel, _ what: String) throws {
    let bindings = kernel.bindings.map { binding in
      var description = VkDescriptorSetLayoutBinding()
      description.binding = UInt32(binding.index)
      description.descriptorType = binding.access.descriptorType
      description.descriptorCount = 1
      description.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT.rawValue
      return description
    }
    try withCallArena { arena in
      var info = VkDescriptorSetLayoutCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO
      info.bindingCount = UInt32(bindings.count)
      info.pBindings = UnsafePointer(arena.store(bindings))
      try check(
        device.functions.vkCreateDescriptorSetLayout(device.handle, &info, nil, &setLayout), what)
    }
  }

  mutating func makeLayout(_ kernel: Kernel, _ what: String) throws {
    try withCallArena { arena in
      var constants = VkPushConstantRange()
      constants.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT.rawValue
      constants.size = UInt32(kernel.pushConstantByteCount)
      var info = VkPipelineLayoutCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO
      info.setLayoutCount = 1
      info.pSetLayouts = UnsafePointer(arena.store(setLayout))
      info.pushConstantRangeCount = kernel.pushConstantByteCount > 0 ? 1 : 0
      info.pPushConstantRanges = UnsafePointer(arena.store(constants))
      try check(
        device.functions.vkCreatePipelineLayout(device.handle, &info, nil, &layout), what)
    }
  }

  mutating func makePipeline(
    _ kernel: Kernel, _ specialization: [UInt32], _ cache: VkPipelineCache, _ what: String,
    flags: VkPipelineCreateFlags
  ) throws {
    let numbers = Dictionary(zip(kernel.specializationIDs, specialization)) { first, _ in first }
    // SwiftShader unrolls first and then optimizes for minutes what a tile's loops have become.
    let unrollsLoops = !device.physical.description.driverName.contains("SwiftShader")
    var words = SpecializedModule(
      try kernel.words(), numbers: numbers, unrollsLoops: unrollsLoops
    ).words
    if kernel.isReproducible { words = NoContraction.decorating(words) }
    try KernelRequirements(words).check(
      kernel, features: device.physical.description.features, limits: device.limits,
      device: device.physical.description.name)
    var module: VkShaderModule = 0
    try withCallArena { arena in
      var info = VkShaderModuleCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO
      info.codeSize = words.count * 4
      info.pCode = UnsafePointer(arena.store(words))
      try check(device.functions.vkCreateShaderModule(device.handle, &info, nil, &module), what)
    }
    defer { device.functions.vkDestroyShaderModule(device.handle, module, nil) }
    try withCallArena { arena in
      var info = VkComputePipelineCreateInfo()
      info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO
      info.layout = layout
      info.flags = flags
      info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO
      info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT
      info.stage.module = module
      info.stage.pName = arena.store("main")
      try check(
        device.functions.vkCreateComputePipelines(device.handle, cache, 1, &info, nil, &handle),
        what)
    }
  }

  func destroy() {
    if handle != 0 { device.functions.vkDestroyPipeline(device.handle, handle, nil) }
    if layout != 0 { device.functions.vkDestroyPipelineLayout(device.handle, layout, nil) }
    if setLayout != 0 {
      device.functions.vkDestroyDescriptorSetLayout(device.handle, setLayout, nil)
    }
  }
}

extension Kernel.Access {
  /// What Vulkan calls a buffer with this access.
  var descriptorType: VkDescriptorType {
    self == .uniform ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
  }
}
