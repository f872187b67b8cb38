internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension TrainingState {
  private static let format = "vamen-state-1"

  /// Reads a state that ``write(to:)`` wrote.
  ///
  /// - Throws: ``TrainingDataError`` when the file is missing, damaged, foreign or newer.
  public init(contentsOf path: String) throws {
    do {
      let file = try SafetensorsFile(contentsOf: path)
      let format = file.metadata["vamen.format"] ?? "none"
      guard format == Self.format, let step = file.metadata["vamen.step"].flatMap({ Int($0) }),
        step >= 0
      else {
        throw TrainingDataError(
          .damagedCheckpoint, "\(path) is no checkpoint of this version (format \(format))",
          remedy: "resume with the version that wrote it")
      }
      let tensors = try file.names.map { name in
        let dimensions = file.dimensions(of: name) ?? []
        guard dimensions.allSatisfy({ $0 > 0 }) else {
          throw TrainingDataError(
            .damagedCheckpoint, "\(path): \(name) has the shape \(dimensions)",
            remedy: "there is no way to go on; start a new run")
        }
        return NamedTensor(
          name: name, shape: Shape(dimensions), values: try file.values(of: name))
      }
      let losses = file.metadata["vamen.losses"].flatMap { text in
        try? JSONDecoder().decode([Double].self, from: Data(text.utf8))
      }
      self.init(
        step: step, tensors: tensors, losses: (losses ?? []).suffix(DivergenceGuard.memory))
    } catch let error as TensorError {
      throw TrainingDataError(
        .damagedCheckpoint, error.message, remedy: "there is no way to go on; start a new run")
    }
  }

  /// Writes the state, whole or not at all.
  public func write(to path: String) throws {
    try SafetensorsFile.write(
      tensors.map { tensor in
        SafetensorsFile.Item(tensor.name, shape: tensor.shape) { tensor.values }
      },
      metadata: [
        "vamen.format": Self.format, "vamen.step": "\(step)",
        "vamen.losses": String(decoding: try JSONEncoder().encode(losses), as: UTF8.self),
      ], to: path)
  }
}
