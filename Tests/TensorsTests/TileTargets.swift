import Tensors

/// Kinds of devices that tiles are chosen for, whatever this machine has.
enum TileTargets {
  /// The least that Vulkan guarantees.
  static let least = TileTarget()
  /// As NVIDIA's drivers say.
  static let warps = TileTarget(maxInvocations: 1024, sharedMemoryByteCount: 49152)
  /// As AMD's drivers say of GCN.
  static let waves = TileTarget(
    maxInvocations: 1024, sharedMemoryByteCount: 65536, minSubgroupSize: 64)
  /// lavapipe.
  static let software = TileTarget(
    maxInvocations: 1024, sharedMemoryByteCount: 32768, minSubgroupSize: 8, isSoftware: true)

  static let all = [least, warps, waves, software]

  /// Layers as in the presets, of which tests only choose tiles.
  static let largeProblems: [ProductProblem] = {
    let geometry = ConvolutionGeometry(stride: 2, padding: 1)
    var problems: [ProductProblem] = []
    for batch in [1, 8, 64] {
      for (size, channels, next) in [
        (512, 1, 32), (256, 32, 64), (64, 128, 256), (16, 256, 512), (8, 512, 512),
      ] {
        let picture: Shape = [batch, channels, size, size]
        let positions: Shape = [batch, next, size / 2, size / 2]
        let weight: Shape = [next, channels, 4, 4]
        problems += [
          .init(.forward, source: picture, operand: weight, result: positions, geometry: geometry),
          .init(.byInput, source: positions, operand: weight, result: picture, geometry: geometry),
          .init(.byWeight, source: picture, operand: positions, result: weight, geometry: geometry),
        ]
      }
    }
    return problems
  }()
}
