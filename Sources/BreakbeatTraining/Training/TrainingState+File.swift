internal import CZlib
internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension TrainingState {
  private static let format = "vamen-state-1"
  private static let checksumName = "vamen.checksum"

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
      var described = file.metadata
      if let checksum = described.removeValue(forKey: Self.checksumName),
        checksum != Self.checksum(of: tensors, described)
      {
        throw TrainingDataError(
          .damagedCheckpoint, "\(path) is damaged: its bytes do not have its checksum",
          remedy: "restore it from a copy, or start a new run in another folder")
      }
      let losses = file.metadata["vamen.losses"].flatMap { text in
        try? JSONDecoder().decode([Double].self, from: Data(text.utf8))
      }
      var origin: Origin?
      if let seed = file.metadata["vamen.seed"].flatMap({ UInt64($0) }),
        let data = file.metadata["vamen.data"]
      {
        origin = Origin(seed: seed, data: data)
      }
      self.init(
        step: step, tensors: tensors, losses: (losses ?? []).suffix(DivergenceGuard.memory),
        origin: origin)
    } catch let error as TensorError {
      throw TrainingDataError(
        .damagedCheckpoint, error.message, remedy: "there is no way to go on; start a new run")
    }
  }

  /// Writes the state, whole or not at all.
  public func write(to path: String) throws {
    var metadata = [
      "vamen.format": Self.format, "vamen.step": "\(step)",
      "vamen.losses": String(decoding: try JSONEncoder().encode(losses), as: UTF8.self),
    ]
    if let origin {
      metadata["vamen.seed"] = "\(origin.seed)"
      metadata["vamen.data"] = origin.data
    }
    metadata[Self.checksumName] = Self.checksum(of: tensors, metadata)
    try SafetensorsFile.write(
      tensors.map { tensor in
        SafetensorsFile.Item(tensor.name, shape: tensor.shape) { tensor.values }
      }, metadata: metadata, to: path)
  }

  /// CRC-32 of the metadata, a line `NAME=VALUE` each, then of the tensors' bytes, both in the order
  /// of their names; in decimal.
  private static func checksum(
    of tensors: [NamedTensor], _ metadata: [String: String]
  ) -> String {
    let lines = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }
    var sum = Array(lines.joined().utf8).withUnsafeBytes { extended(0, by: $0) }
    for tensor in tensors.sorted(by: { $0.name < $1.name }) {
      sum = tensor.values.withUnsafeBytes { extended(sum, by: $0) }
    }
    return "\(sum)"
  }

  /// A CRC-32 with more bytes, which zlib takes 4 GiB of at a time.
  private static func extended(_ sum: UInt, by bytes: UnsafeRawBufferPointer) -> UInt {
    stride(from: 0, to: bytes.count, by: 1 << 30).reduce(sum) { sum, start in
      let part = bytes[start..<min(bytes.count, start + 1 << 30)]
      let pointer = UnsafeRawBufferPointer(rebasing: part).bindMemory(to: UInt8.self).baseAddress
      return UInt(crc32(uLong(sum), pointer, uInt(part.count)))
    }
  }

  /// Refuses the state of another run.
  func check(isOf settings: TrainingSettings, _ data: BreakbeatDataset, path: String) throws {
    guard let origin, origin != Origin(seed: settings.seed, data: data.digest) else { return }
    let difference =
      origin.seed == settings.seed
      ? "it is of another data set" : "its seed is \(origin.seed), the run's \(settings.seed)"
    throw TrainingDataError(
      .damagedCheckpoint, "\(path) is the state of another run: \(difference)",
      remedy: "restore the file of this run, or start a new run in another folder")
  }
}
