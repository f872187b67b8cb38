public import NeuralNetworks
public import Tensors

/// A trained model on disk: one safetensors file that holds everything needed to make loops.
///
/// Parameters are stored under their property paths in PyTorch's layouts. The metadata hold the
/// format's version (`vamen.format`), the configuration as JSON (`vamen.configuration`) and the
/// model's history (`vamen.provenance.*`); the tensors `latents.mean` and `latents.factor` hold
/// what training latents look like, `vamen.directions` and `latents.spread`, `.directions` and
/// `.directionSpreads` what they do.
public struct ModelFile {
  /// The version of the format that this program writes, and the newest that it reads.
  public static let format = 1

  /// The model's sizes and what its pictures mean.
  public let configuration: BreakbeatVAE.Configuration
  /// The model's parameters.
  public let parameters: any ParameterSource
  /// What latents to draw samples from; `nil` before the first fit.
  public let latents: LatentGaussian?
  /// What the latents do; `nil` for files of earlier versions and of other programs.
  public let latentDescription: LatentDescription?
  /// Where the model comes from: data set, steps, program version and the like.
  public let provenance: [String: String]

  /// Opens a file and checks everything but the parameters, which
  /// `Parameters.validate()` checks.
  ///
  /// - Throws: ``BreakbeatError`` for a safetensors file that is not a model of this program, is
  ///   damaged, or is of a newer format; `TensorError` for a file that is missing or no safetensors
  ///   file.
  public init(contentsOf path: String) throws {
    try self.init(SafetensorsFile(contentsOf: path))
  }

  /// Opens the bytes of a model file, for example those of an app's bundle.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - name: What errors call it.
  /// - Throws: As ``init(contentsOf:)`` does.
  public init(bytes: [UInt8], name: String = "the model in memory") throws {
    try self.init(SafetensorsFile(bytes: bytes, name: name))
  }

  private init(_ file: SafetensorsFile) throws {
    let path = file.path
    try Self.checkFormat(of: file)
    do {
      configuration = try BreakbeatVAE.Configuration(json: file.metadata[Key.configuration] ?? "")
    } catch {
      throw Self.invalid(path, "\(error)")
    }
    parameters = SafetensorsParameters(file, ignoring: Key.latents)
    latents = try Self.latents(in: file, count: configuration.latentCount)
    do {
      latentDescription = try LatentDescription(in: file, count: configuration.latentCount)
    } catch let problem as LatentDescription.Problem {
      throw Self.invalid(path, problem.reason)
    }
    provenance = Dictionary(
      uniqueKeysWithValues: file.metadata.filter { $0.key.hasPrefix(Key.provenance) }
        .map { (String($0.key.dropFirst(Key.provenance.count)), $0.value) })
  }

  /// Writes a model, whole or not at all.
  ///
  /// - Parameters:
  ///   - configuration: The model's sizes.
  ///   - variables: All its variables; their names are the keys.
  ///   - latents: What training latents look like.
  ///   - description: What the latents do.
  ///   - provenance: Where the model comes from; free keys.
  ///   - path: The file, replaced if it exists.
  /// - Throws: `TensorError` when the file cannot be written.
  public static func write(
    _ configuration: BreakbeatVAE.Configuration, variables: [Variable], latents: LatentGaussian?,
    description: LatentDescription? = nil, provenance: [String: String] = [:], to path: String
  ) throws {
    var items = variables.map { SafetensorsFile.Item($0) }
    if let latents {
      items.append(.init(Key.mean, shape: [latents.count]) { latents.mean })
      items.append(.init(Key.factor, shape: [latents.count, latents.count]) { latents.factor })
    }
    var metadata = [Key.format: String(format), Key.configuration: try configuration.json()]
    if let description {
      items += description.items
      metadata[LatentDescription.Key.json] = try description.json()
    }
    for (key, value) in provenance { metadata[Key.provenance + key] = value }
    try SafetensorsFile.write(items, metadata: metadata, to: path)
  }

  private enum Key {
    static let format = "vamen.format"
    static let configuration = "vamen.configuration"
    static let provenance = "vamen.provenance."
    static let latents = "latents."
    static let mean = "latents.mean"
    static let factor = "latents.factor"
  }

  private static func checkFormat(of file: SafetensorsFile) throws {
    guard let text = file.metadata[Key.format] else {
      throw invalid(
        file.path,
        "it has no \(Key.format) in its metadata; give a model that training wrote, such as "
          + "checkpoints/last.safetensors of a run")
    }
    guard let format = Int(text), format > 0 else {
      throw invalid(
        file.path,
        "its format '\(text.prefix(40))' is not that of a model; give a model that training wrote, "
          + "such as checkpoints/last.safetensors of a run")
    }
    guard format <= Self.format else {
      throw invalid(
        file.path,
        "its format \(format) is newer than the newest this program reads (\(Self.format)); "
          + "update the program")
    }
  }

  private static func latents(in file: SafetensorsFile, count: Int) throws -> LatentGaussian? {
    guard file.contains(Key.mean) || file.contains(Key.factor) else { return nil }
    guard
      file.dimensions(of: Key.mean) == [count], file.dimensions(of: Key.factor) == [count, count]
    else {
      throw invalid(
        file.path, "the latents' mean and factor do not have \(count) numbers; it is damaged")
    }
    let mean = try file.values(of: Key.mean)
    let factor = try file.values(of: Key.factor)
    guard mean.allSatisfy(\.isFinite), factor.allSatisfy(\.isFinite) else {
      throw invalid(file.path, "the latents' mean or factor is not finite; it is damaged")
    }
    return LatentGaussian(mean: mean, factor: factor)
  }

  private static func invalid(_ path: String, _ reason: String) -> BreakbeatError {
    BreakbeatError(.invalidModel, "\(path) is not a model this program can use: \(reason)")
  }
}
