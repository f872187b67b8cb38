/// What a kernel's SPIR-V asks of a device. Drivers do not check it: some crash.
struct KernelRequirements {
  /// Numbers of the capabilities it declares.
  private(set) var capabilities: Set<UInt32> = []
  /// Invocations of a workgroup along x, y and z.
  private(set) var workgroupSize = [1, 1, 1]
  /// Whether it looks at `gl_NumWorkGroups`.
  private(set) var readsGridSize = false
  private var sharedMemory = SharedMemory()
  /// Bytes that the invocations of a workgroup share.
  var sharedMemoryByteCount: Int { sharedMemory.byteCount }

  /// Reads the instructions of a module without specialization constants up to the first function.
  init(_ words: [UInt32]) {
    var constants: [UInt32: UInt32] = [:]
    var workgroupSizeID: UInt32?
    var index = 5
    while index < words.count {
      let length = Int(words[index] >> 16)
      guard length > 0, index + length <= words.count else { return }
      let operands = Array(words[index + 1..<index + length])
      switch (words[index] & 0xFFFF, operands.count) {
      case (Instruction.capability, 1...): capabilities.insert(operands[0])
      case (Instruction.executionMode, 5...) where operands[1] == Instruction.localSize:
        workgroupSize = operands[2...4].map { Int($0) }
      case (Instruction.decorate, 3...)
      where operands[1] == Instruction.builtIn && operands[2] == Instruction.workgroupSize:
        workgroupSizeID = operands[0]
      case (Instruction.decorate, 3...)
      where operands[1] == Instruction.builtIn && operands[2] == Instruction.workgroupCount:
        readsGridSize = true
      case (Instruction.constant, 3...): constants[operands[1]] = operands[2]
      case (Instruction.composite, 5...):
        if operands[1] == workgroupSizeID {
          workgroupSize = operands[2...4].map { Int(constants[$0] ?? 1) }
        }
      case (Instruction.function, _): return
      default: break
      }
      sharedMemory.read(words[index] & 0xFFFF, operands, constants: constants)
      index += length
    }
  }

  /// Numbers from the SPIR-V specification.
  private enum Instruction {
    static let executionMode: UInt32 = 16, capability: UInt32 = 17, constant: UInt32 = 43
    static let composite: UInt32 = 44, function: UInt32 = 54, decorate: UInt32 = 71
    static let localSize: UInt32 = 17, builtIn: UInt32 = 11
    static let workgroupCount: UInt32 = 24, workgroupSize: UInt32 = 25
  }

  /// Throws unless the device can run the kernel.
  func check(_ kernel: Kernel, features: DeviceFeatures, limits: DeviceLimits, device: String)
    throws
  {
    let optional: [(capability: UInt32, name: String, isThere: Bool)] = [
      (9, "16-bit floating-point arithmetic", features.float16),
      (11, "64-bit integers", features.integer64),
      (22, "16-bit integers", features.integer16),
      (39, "8-bit integers", features.integer8),
      (4433, "16-bit storage", features.storage16Bit),
      (4448, "8-bit storage", features.storage8Bit),
      (63, "arithmetic within subgroups", features.subgroupArithmetic),
      (65, "shuffles within subgroups", features.subgroupShuffle),
    ]
    for feature in optional where capabilities.contains(feature.capability) && !feature.isThere {
      throw VulkanError(
        .limitExceeded, "kernel \(kernel.name) needs \(feature.name), which \(device) lacks",
        remedy: "use another kernel or another device")
    }
    let invocations = workgroupSize.reduce(1, *)
    guard
      invocations <= limits.maxComputeWorkGroupInvocations,
      zip(workgroupSize, limits.maxComputeWorkGroupSize).allSatisfy({ $0 <= $1 })
    else {
      throw VulkanError(
        .limitExceeded,
        "kernel \(kernel.name) has workgroups of \(workgroupSize), \(device) allows "
          + "\(limits.maxComputeWorkGroupSize) and \(limits.maxComputeWorkGroupInvocations) in all",
        remedy: "specialize it for smaller workgroups")
    }
    guard sharedMemoryByteCount <= limits.maxComputeSharedMemorySize else {
      throw VulkanError(
        .limitExceeded,
        "kernel \(kernel.name) shares \(sharedMemoryByteCount) bytes in a workgroup, \(device) "
          + "allows \(limits.maxComputeSharedMemorySize)", remedy: "specialize it for smaller tiles"
      )
    }
  }
}

extension Kernel {
  /// Whether the kernel looks at the size of its grid; true where its code cannot be read, which
  /// making a pipeline of it will report.
  var readsGridSize: Bool {
    guard let words = try? words() else { return true }
    return KernelRequirements(words).readsGridSize
  }
}
