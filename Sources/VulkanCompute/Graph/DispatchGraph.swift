/// Work for a device, declared step by step and compiled once.
///
/// ```swift
/// var graph = DispatchGraph(label: "double")
/// let values = graph.external(buffer)
/// graph.dispatch(
///   DoubleArrayKernel.self, .init(values: values), constants: .init(count: 1000),
///   workgroups: .covering(1000, by: 64))
/// try graph.compile(for: device).run()
/// ```
///
/// Nothing is allocated or recorded until ``compile(for:options:)``: it places the transient
/// buffers in one arena by lifetime, derives barriers from the kernels' declared access on byte
/// ranges, and records command buffers that ``CompiledGraph`` submits again and again.
public struct DispatchGraph: Sendable {
  /// One declared buffer.
  package enum Resource: Sendable {
    case transient(byteCount: Int, label: String)
    /// Buffers of equal size, one for each run that may be on its way; usually one for all.
    case external([Buffer], label: String)
    /// Buffers that the compiled graph makes and keeps.
    case owned(OwnedMemory)
  }

  /// One declared command.
  package enum Command: Sendable {
    case dispatch(
      Kernel, ranges: [BufferRange], specialization: [UInt32], constants: [UInt8],
      workgroups: WorkgroupCount)
    case copy(from: BufferRange, to: BufferRange)
    case fill(BufferRange, word: UInt32)
  }

  /// A command and what it is for.
  struct Step: Sendable {
    var command: Command
    var label: String
    /// Estimated arithmetic operations, for the report and for cutting submissions.
    var arithmetic: Double
    /// Multiplications that a matrix product or convolution executes, 0 for other steps.
    var executedMultiplications = 0.0
  }

  /// Name for reports and debuggers.
  public let label: String
  var resources: [Resource] = []
  var steps: [Step] = []

  /// An empty graph.
  public init(label: String = "") { self.label = label }

  /// Declares device memory that lives from its first use to its last; its bytes are undefined
  /// before the first write. Ranges whose lifetimes do not meet may share memory.
  public mutating func transient(byteCount: Int, label: String = "") -> BufferRange {
    precondition(byteCount > 0, "transient \(label): \(byteCount) bytes")
    resources.append(.transient(byteCount: byteCount, label: label))
    return BufferRange(resource: resources.count - 1, offset: 0, byteCount: byteCount)
  }

  /// Brings a buffer that outlives the graph (parameters, staging) into it.
  public mutating func external(_ buffer: Buffer, label: String = "") -> BufferRange {
    external(ring: [buffer], label: label)
  }

  /// Brings a ring of buffers of equal size into it: the run in slot `i` uses buffer `i`, so that
  /// the host may fill one or read one while the device works with another
  /// (``CompiledGraph/submit(slot:)``). All rings of a graph are equally long.
  public mutating func external(ring buffers: [Buffer], label: String = "") -> BufferRange {
    precondition(
      !buffers.isEmpty && Set(buffers.map(\.byteCount)).count == 1,
      "ring \(label): buffers of \(buffers.map(\.byteCount)) bytes")
    resources.append(.external(buffers, label: label))
    return BufferRange(
      resource: resources.count - 1, offset: 0, byteCount: buffers[0].byteCount)
  }

  /// Declares buffers that compiling makes, once all memory is planned, and that keep their bytes
  /// between runs: what the host writes or reads, and constants. Their bytes are undefined at
  /// first; ``CompiledGraph/buffers(of:)`` hands them out.
  ///
  /// - Parameters:
  ///   - count: 1, or the length of a ring: see ``external(ring:label:)``.
  ///   - byteCount: The length of each.
  ///   - kind: Who writes and reads them.
  ///   - label: What messages call them.
  public mutating func buffers(
    _ count: Int = 1, byteCount: Int, kind: Buffer.Kind, label: String = ""
  ) -> BufferRange {
    precondition(count > 0 && byteCount > 0, "\(label): \(count) buffers of \(byteCount) bytes")
    resources.append(
      .owned(OwnedMemory(byteCount: byteCount, kind: kind, count: count, label: label)))
    return BufferRange(resource: resources.count - 1, offset: 0, byteCount: byteCount)
  }

  /// Runs a kernel over a grid of workgroups.
  ///
  /// - Parameters:
  ///   - kernel: The generated type.
  ///   - buffers: Its storage buffers, by name. What it stores to is exactly, or in no byte, what
  ///     another buffer is.
  ///   - specialization: Specialization constants; each distinct value is its own pipeline.
  ///   - constants: Push constants.
  ///   - workgroups: Grid size; each axis at most the device's `maxComputeWorkGroupCount`.
  ///   - arithmetic: Estimated operations, for reports.
  ///   - executedMultiplications: For matrix products and convolutions: what the kernel multiplies,
  ///     beyond the edges included. `arithmetic` is twice the mathematical minimum.
  ///   - label: What this step computes, for reports and debuggers.
  public mutating func dispatch<K: ComputeKernel>(
    _ kernel: K.Type, _ buffers: K.Buffers, specialization: K.Specialization,
    constants: K.Constants, workgroups: WorkgroupCount, arithmetic: Double = 0,
    executedMultiplications: Double = 0, label: String = ""
  ) {
    dispatch(
      kernel, buffers, in: nil, specialization: specialization, constants: constants,
      workgroups: workgroups, arithmetic: arithmetic,
      executedMultiplications: executedMultiplications, label: label)
  }

  /// Runs a variant of a kernel, or a kernel that gives the same bits on every device.
  package mutating func dispatch<K: ComputeKernel>(
    _ kernel: K.Type, _ buffers: K.Buffers, in variant: KernelVariant?,
    isReproducible: Bool = false, specialization: K.Specialization, constants: K.Constants,
    workgroups: WorkgroupCount, arithmetic: Double = 0, executedMultiplications: Double = 0,
    label: String = ""
  ) {
    let ranges = buffers.inBindingOrder
    precondition(
      ranges.count == K.kernel.bindings.count,
      "\(K.kernel.name): \(ranges.count) buffers for \(K.kernel.bindings.count) bindings")
    var bytes = withUnsafeBytes(of: constants) { Array($0) }
    bytes.removeSubrange(min(bytes.count, K.kernel.pushConstantByteCount)...)
    let plain = variant?.kernel ?? K.kernel
    var words = specialization.words + (variant?.words ?? [])
    if isReproducible, let place = plain.specializationIDs.firstIndex(of: Kernel.reproducibleID) {
      words[place] = 1
    }
    steps.append(
      Step(
        command: .dispatch(
          isReproducible ? plain.reproducible : plain, ranges: ranges, specialization: words,
          constants: bytes, workgroups: workgroups),
        label: label.isEmpty ? K.kernel.name : label, arithmetic: arithmetic,
        executedMultiplications: executedMultiplications))
  }

  /// Runs a kernel without specialization constants.
  public mutating func dispatch<K: ComputeKernel>(
    _ kernel: K.Type, _ buffers: K.Buffers, constants: K.Constants, workgroups: WorkgroupCount,
    arithmetic: Double = 0, label: String = ""
  ) where K.Specialization == NoSpecialization {
    dispatch(
      kernel, buffers, specialization: NoSpecialization(), constants: constants,
      workgroups: workgroups, arithmetic: arithmetic, label: label)
  }

  /// Copies bytes; the ranges have equal sizes and do not overlap.
  public mutating func copy(from source: BufferRange, to target: BufferRange, label: String = "") {
    precondition(
      source.byteCount == target.byteCount,
      "copy \(label): \(source.byteCount) bytes to \(target.byteCount)")
    steps.append(Step(command: .copy(from: source, to: target), label: label, arithmetic: 0))
  }

  /// Fills a range with a repeated 32-bit word; the size is a multiple of 4.
  public mutating func fill(_ range: BufferRange, with word: UInt32 = 0, label: String = "") {
    precondition(range.byteCount % 4 == 0, "fill \(label): \(range.byteCount) bytes")
    steps.append(Step(command: .fill(range, word: word), label: label, arithmetic: 0))
  }
}

/// Bytes of a buffer declared in a ``DispatchGraph``.
public struct BufferRange: Sendable, Hashable {
  /// Index of the resource in its graph.
  var resource: Int
  /// First byte, relative to the resource.
  public var offset: Int
  /// Number of bytes.
  public var byteCount: Int

  /// Part of the range; the offset must respect the device's storage-buffer alignment (256 is
  /// always enough).
  public func slice(offset: Int, byteCount: Int) -> BufferRange {
    precondition(
      offset >= 0 && byteCount > 0 && offset + byteCount <= self.byteCount,
      "slice \(offset)..<\(offset + byteCount) of \(self.byteCount) bytes")
    return BufferRange(resource: resource, offset: self.offset + offset, byteCount: byteCount)
  }
}

/// Number of workgroups along each axis.
public struct WorkgroupCount: Sendable, Hashable {
  /// Workgroups along x, y and z.
  public var x: Int, y: Int, z: Int
  /// Whether kernels number its workgroups as ``covering(_:by:)`` says.
  private(set) var isFolded = false

  /// A grid; every axis at least 1.
  public init(_ x: Int, _ y: Int = 1, _ z: Int = 1) {
    precondition(x > 0 && y > 0 && z > 0, "workgroups \(x) x \(y) x \(z)")
    (self.x, self.y, self.z) = (x, y, z)
  }

  /// Enough workgroups of `size` invocations for `count` items, folded into two axes when there
  /// are more than 65,535 (the smallest limit Vulkan allows): the kernel computes its index as
  /// `gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x`, and uses `gl_NumWorkGroups` for
  /// nothing else, so that long work can be run in parts.
  public static func covering(_ count: Int, by size: Int) -> WorkgroupCount {
    let groups = max(1, (count + size - 1) / size)
    // At least 256 rows: they are what long work is cut into.
    let rows = groups > 65535 ? max(256, (groups + 65534) / 65535) : 1
    var grid = WorkgroupCount((groups + rows - 1) / rows, rows)
    grid.isFolded = true
    return grid
  }
}
