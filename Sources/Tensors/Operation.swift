public import VulkanCompute

/// One operation: shape rule, evaluation on the CPU, recording for Vulkan and gradient in one
/// place. Conforming types are small value types whose stored properties are the operation's
/// attributes; equal attributes on equal inputs compute equal results, so `Hashable` is what lets
/// a program compute a common subexpression once.
///
/// See `Docs/AddingAnOperation.md`.
public protocol Operation: Sendable, Hashable {
  /// The name in reports and error texts.
  static var name: String { get }

  /// The shape rule; mistakes trap with the values in the text.
  func shape(for inputs: [Shape]) -> Shape

  /// How the result's elements are stored.
  var elementType: ElementType { get }

  /// Whether it gives the same bits on every backend under ``Arithmetic/reproducible``. Its dispatches then
  /// take every sum in the order in which the CPU does, with the functions of
  /// `Shaders/include/reproducible.glsl`.
  var isReproducible: Bool { get }

  /// Whether the result is the first input's memory under another shape (no work at all).
  var isView: Bool { get }

  /// Computes the result on the CPU. The result's memory holds arbitrary bytes before.
  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers)

  /// Declares the dispatches that compute the result. Its memory holds arbitrary bytes before.
  func record(_ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder)

  /// The gradient by each input as an expression, given the gradient by the result; `nil` for an
  /// input that the result does not depend on smoothly.
  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?]

  /// Estimated arithmetic operations, for reports.
  func arithmetic(inputs: [Shape], result: Shape) -> Double

  /// Whether memory rather than arithmetic decides its time.
  var isBandwidthBound: Bool { get }

  /// Bytes that it reads and writes, given its distinct inputs.
  func bytesMoved(inputs: [Shape], result: Shape) -> Int

  /// Bytes that have to be read and written whatever the kernel.
  func minimumByteCount(inputs: [Shape], result: Shape) -> Int
}

extension Operation {
  /// Floats, unless an operation says otherwise.
  public var elementType: ElementType { .float32 }
  /// Not the same bits everywhere, unless an operation says otherwise.
  public var isReproducible: Bool { false }
  /// No view, unless an operation says otherwise.
  public var isView: Bool { false }
  /// One operation per element, unless an operation says otherwise.
  public func arithmetic(inputs: [Shape], result: Shape) -> Double { Double(result.count) }
  /// Memory decides, unless an operation says otherwise.
  public var isBandwidthBound: Bool { true }
  /// Each byte that has to be moved once, unless an operation says otherwise.
  public func bytesMoved(inputs: [Shape], result: Shape) -> Int {
    minimumByteCount(inputs: inputs, result: result)
  }
  /// Every input and the result, unless an operation says otherwise.
  public func minimumByteCount(inputs: [Shape], result: Shape) -> Int {
    4 * inputs.reduce(result.count) { $0 + $1.count }
  }
}

/// An in-place change of variables at the end of a program: an optimizer step, a running mean.
/// Not an expression, but a sink.
public protocol UpdateOperation: Sendable, Hashable {
  /// The name in reports.
  static var name: String { get }
  /// Traps when the shapes do not fit.
  func check(targets: [Shape], inputs: [Shape])
  /// Changes the targets on the CPU.
  func evaluate(_ targets: [CPUTensor], inputs: [CPUTensor], on workers: CPUWorkers)
  /// Declares the dispatches that change the targets.
  func record(_ targets: [GraphTensor], inputs: [GraphTensor], with recorder: inout Recorder)
  /// Estimated arithmetic operations, for reports.
  func arithmetic(targets: [Shape]) -> Double
  /// Bytes that it reads and writes.
  func bytesMoved(targets: [Shape], inputs: [Shape]) -> Int
}

extension UpdateOperation {
  /// One operation per element, unless an update says otherwise.
  public func arithmetic(targets: [Shape]) -> Double {
    Double(targets.reduce(0) { $0 + $1.count })
  }
  /// Targets are read and written, inputs read, unless an update says otherwise.
  public func bytesMoved(targets: [Shape], inputs: [Shape]) -> Int {
    4 * (targets.reduce(0) { $0 + 2 * $1.count } + inputs.reduce(0) { $0 + $1.count })
  }
}

/// Variables to change, how, and from what.
public struct Update: Sendable {
  /// The change.
  public let operation: any UpdateOperation
  /// The variables it reads and writes.
  public let targets: [Variable]
  /// Values it only reads; computed before any update of the same variables.
  public let inputs: [Tensor]

  /// An update; shapes are checked here.
  public init(_ operation: some UpdateOperation, of targets: [Variable], from inputs: [Tensor]) {
    operation.check(targets: targets.map(\.shape), inputs: inputs.map(\.shape))
    self.init(unchecked: operation, of: targets, from: inputs)
  }

  /// An update whose shapes were checked before.
  init(unchecked operation: any UpdateOperation, of targets: [Variable], from inputs: [Tensor]) {
    self.operation = operation
    self.targets = targets
    self.inputs = inputs
  }
}

/// A tensor's memory while the CPU backend evaluates an operation.
public struct CPUTensor {
  /// Sizes along each axis.
  public let shape: Shape
  /// First element, aligned to 64 bytes.
  public let pointer: UnsafeMutableRawPointer

  package init(shape: Shape, pointer: UnsafeMutableRawPointer) {
    self.shape = shape
    self.pointer = pointer
  }

  /// Number of elements.
  public var count: Int { shape.count }
  /// The elements as floats.
  public var floats: UnsafeMutablePointer<Float> {
    pointer.assumingMemoryBound(to: Float.self)
  }
  /// The elements as unsigned integers.
  public var words: UnsafeMutablePointer<UInt32> {
    pointer.assumingMemoryBound(to: UInt32.self)
  }
}

/// A tensor's memory while dispatches are declared.
public struct GraphTensor: Sendable {
  /// Sizes along each axis.
  public let shape: Shape
  /// Its bytes in the graph.
  public let range: BufferRange
  /// How they hold the elements.
  public let elementType: ElementType

  /// A tensor in a range of the graph.
  public init(shape: Shape, range: BufferRange, elementType: ElementType = .float32) {
    self.shape = shape
    self.range = range
    self.elementType = elementType
  }

  /// Number of elements.
  public var count: Int { shape.count }
}

/// Where operations declare their dispatches.
public struct Recorder: Sendable {
  /// The graph under construction.
  public var graph: DispatchGraph
  /// The device it is for; tile choices may depend on its limits.
  public let device: Device
  /// Measured choices of tiles.
  public let tileChoices: TileChoices
  /// What the tiles of other products depend on.
  public let tileTarget: TileTarget
  /// How results are rounded: every dispatch is made for it.
  public let arithmetic: Arithmetic
  /// The products that were asked for, in order, equal ones once.
  private(set) var problems: [ProductProblem] = []
  private var knownProblems: Set<ProductProblem> = []
  /// The operation being recorded, for labels.
  package var label = ""

  init(
    graph: DispatchGraph, device: Device, tileChoices: TileChoices,
    tileTarget: TileTarget? = nil, arithmetic: Arithmetic = .fast
  ) {
    self.graph = graph
    self.device = device
    self.tileChoices = tileChoices
    var target = tileTarget ?? TileTarget(device)
    target.cutsSums = arithmetic == .fast
    self.tileTarget = target
    self.arithmetic = arithmetic
  }

  /// The tile to compute a product with: a measured choice or the rule's. In reproducible arithmetic sums
  /// are not cut.
  mutating func tile(for problem: ProductProblem) -> ProductTile {
    if knownProblems.insert(problem).inserted { problems.append(problem) }
    return tileChoices.tile(for: problem, on: tileTarget)
  }

  /// Memory for one operation's intermediate results, in 4-byte elements.
  public mutating func scratch(count: Int) -> BufferRange {
    graph.transient(byteCount: max(count, 1) * 4, label: label + " scratch")
  }

  /// Declares a dispatch under the operation's label. Matrix products and convolutions say how
  /// many multiplications they execute, which is more than `arithmetic` / 2 where tiles overhang.
  public mutating func dispatch<K: ComputeKernel>(
    _ kernel: K.Type, _ buffers: K.Buffers, specialization: K.Specialization,
    constants: K.Constants, workgroups: WorkgroupCount, arithmetic: Double = 0,
    executedMultiplications: Double = 0
  ) {
    dispatch(
      kernel, buffers, halves: nil, specialization: specialization, constants: constants,
      workgroups: workgroups, arithmetic: arithmetic,
      executedMultiplications: executedMultiplications)
  }

  /// Declares a dispatch of a kernel whose buffers may hold 16-bit elements.
  mutating func dispatch<K: ComputeKernel>(
    _ kernel: K.Type, _ buffers: K.Buffers, halves: KernelVariant?,
    specialization: K.Specialization, constants: K.Constants, workgroups: WorkgroupCount,
    arithmetic: Double = 0, executedMultiplications: Double = 0
  ) {
    graph.dispatch(
      kernel, buffers, in: halves, isReproducible: self.arithmetic == .reproducible,
      specialization: specialization, constants: constants,
      workgroups: workgroups, arithmetic: arithmetic,
      executedMultiplications: executedMultiplications, label: label)
  }
}
