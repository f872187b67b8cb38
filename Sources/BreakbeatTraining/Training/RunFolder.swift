internal import Breakbeats
public import Tensors
internal import VulkanCompute

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The folder of a training run: settings, metrics, checkpoints, previews and the listening page.
///
/// Every file is written beside its place and renamed, so at any moment each is either the old one
/// or the new one; the metrics are appended to, a row with one write. See `Docs/FileFormats.md`.
public struct RunFolder: Sendable {
  /// Where it is.
  public let path: String

  /// Checkpoint with the model only: what is passed around.
  public var lastModel: String { path + "/checkpoints/last.safetensors" }
  /// The model with the smallest held-out error so far.
  public var bestModel: String { path + "/checkpoints/best.safetensors" }
  /// Weights and optimizer moments: what going on needs.
  public var lastState: String { path + "/checkpoints/state-last.safetensors" }
  /// The listening page.
  public var page: String { path + "/index.html" }
  private var configuration: String { path + "/config.json" }
  private var environment: String { path + "/environment.json" }
  /// Keeps other processes out; `nil` where nothing is written.
  private let lock: RunLock?

  /// What `config.json` holds: everything that must be the same to go on.
  public struct Record: Codable, Sendable, Hashable {
    /// The settings.
    public var settings: TrainingSettings
    /// Digest of the data set's header.
    public var data: String
    /// What the data set was made of; nil in folders of earlier versions.
    public var dataset: DatasetIdentity?
    /// What is written when; may change.
    public var cadence: TrainingRun.Cadence
    /// How feature maps are stored; the settings say so too.
    public var precision: String
    /// Version of the program.
    public var version: String

    init(settings: TrainingSettings, cadence: TrainingRun.Cadence, data: BreakbeatDataset) {
      self.settings = settings
      self.cadence = cadence
      self.data = data.digest
      precision = settings.precision.rawValue
      dataset = DatasetIdentity(data)
      version = vamenVersion
    }
  }

  /// Makes the folder of a new run, and records the tiles of the backend that it is on.
  ///
  /// - Throws: ``TrainingDataError`` when there is a run already, or a file that a run would replace,
  ///   or the folder cannot be written.
  public init(
    creating path: String, settings: TrainingSettings, cadence: TrainingRun.Cadence = .init(),
    data: BreakbeatDataset, on backend: (any Backend)? = nil
  ) throws {
    self.path = path
    // First what is in it: not even a lock is made in a folder of somebody else.
    try Self.refuseFilesWithoutRun(in: path)
    try makeFolder(path)
    lock = try RunLock(path)
    try Self.checkHoldsNoRun(path)
    for folder in [path + "/checkpoints", path + "/previews"] { try makeFolder(folder) }
    // The tiles first: with settings and without tiles, a run would go on by those of nobody.
    try writeTiles(of: backend)
    try write(Record(settings: settings, cadence: cadence, data: data))
  }

  /// Refuses a folder that no new run can be made in: it holds one, or files that it would replace.
  static func checkIsFree(_ path: String) throws {
    try refuseFilesWithoutRun(in: path)
    try checkHoldsNoRun(path)
  }

  /// Refuses a folder for a new run that holds one.
  static func checkHoldsNoRun(_ path: String) throws(TrainingDataError) {
    guard FileManager.default.fileExists(atPath: path + "/config.json") else { return }
    throw TrainingDataError(
      .runFolder, "\(path) holds a run already",
      remedy: "go on with --resume, or choose another --out")
  }

  /// Opens the folder of a run to go on with it; `adopt(settings:cadence:data:)` then records what
  /// is new.
  ///
  /// - Throws: ``TrainingDataError`` naming the first setting that differs and may not.
  public init(
    resuming path: String, settings: TrainingSettings, data: BreakbeatDataset
  ) throws {
    self.path = path
    // First that there is a run: nothing is made in a folder of somebody else.
    _ = try Self.record(of: path)
    lock = try RunLock(path)
    try check(settings, data)
  }

  /// Opens the folder of a run to read it, with the same checks; another process may be writing it.
  init(reading path: String, settings: TrainingSettings, data: BreakbeatDataset) throws {
    (self.path, lock) = (path, nil)
    try check(settings, data)
  }

  /// Refuses to go on with another data set or other settings.
  private func check(_ settings: TrainingSettings, _ data: BreakbeatDataset) throws {
    let old = try Self.record(of: path)
    guard old.data == data.digest else {
      let difference =
        old.dataset.flatMap { DatasetIdentity(data).firstDifference(from: $0) }
        ?? data.settings.firstDifference(from: old.settings.model.spectrogram)
      let reason = difference.map { ": its \($0.name) is \($0.have), the run's \($0.need)" } ?? ""
      throw TrainingDataError(
        .runFolder, "\(path) was trained with another data set than \(data.path)\(reason)",
        remedy: "give the data set that it was started with")
    }
    if let difference = old.settings.firstDifference(from: settings) {
      throw TrainingDataError(
        .runFolder, "\(path) was started with \(difference)",
        remedy: "resume with the settings it was started with, or start a new run")
    }
  }

  /// Records the settings that a resumed run goes on with.
  func adopt(
    settings: TrainingSettings, cadence: TrainingRun.Cadence, data: BreakbeatDataset
  ) throws {
    try write(Record(settings: settings, cadence: cadence, data: data))
  }

  private func write(_ record: Record) throws { try writeJSON(record, to: configuration) }

  /// Records device and host.
  func writeEnvironment(_ choice: BackendChoice, precision: Precision) throws {
    let process = ProcessInfo.processInfo
    try writeJSON(
      Environment(
        backend: choice.backend.name, reason: choice.reason,
        device: (choice.backend as? VulkanBackend)?.device.description,
        instructionSet: (choice.backend as? CPUBackend)?.kernelInstructionSet,
        processors: process.activeProcessorCount, system: process.operatingSystemVersionString,
        precision: precision.rawValue),
      to: environment)
  }

  /// What to say of a run that goes on on another device than it was on, or with the CPU kernels of
  /// another instruction set: its bits are others. `nil` where nothing changes or was recorded.
  func deviceChange(to backend: any Backend) -> String? {
    struct Last: Decodable {
      var backend: String
      var instructionSet: String?
    }
    guard let bytes = FileManager.default.contents(atPath: environment),
      let last = try? JSONDecoder().decode(Last.self, from: bytes)
    else { return nil }
    if last.backend != backend.name {
      return "The run was on \(last.backend) and goes on on \(backend.name): its numbers are from "
        + "here on those of the new device"
    }
    guard let before = last.instructionSet,
      let now = (backend as? CPUBackend)?.kernelInstructionSet, before != now
    else { return nil }
    return "The run was on \(last.backend) with the instruction set \(before) and goes on with "
      + "\(now): its numbers are from here on those of the new one"
  }

  /// What `environment.json` holds.
  private struct Environment: Encodable {
    var backend: String
    var reason: String
    /// Driver, memory and features in force of a Vulkan device.
    var device: DeviceDescription?
    /// Whose kernels the CPU backend runs.
    var instructionSet: String?
    var processors: Int
    var system: String
    var precision: String
    var version = vamenVersion
  }
}

/// The program's version, recorded in files.
public let vamenVersion = BuildInformation.version

/// Writes a value as readable JSON with sorted keys, whole or not at all.
package func writeJSON(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  try AtomicFile.write(try encoder.encode(value) + [0x0a], to: path)
}

extension TrainingSettings {
  /// The first setting that differs and may not when a run is resumed, in words.
  func firstDifference(from other: TrainingSettings) -> String? {
    let (mine, others) = (TrainingConfiguration(self), TrainingConfiguration(other))
    for field in SettingField.all where !field.mayChange && field.name != SettingField.preset.name {
      let (have, need) = (field.write(mine), field.write(others))
      guard have != need else { continue }
      return "\(field.words) \(have.line), not \(need.line)"
    }
    return nil
  }
}
