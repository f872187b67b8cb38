import Foundation
import Tensors

/// Golden files of spectral cases: numbers that librosa computed in double precision.
struct SpectralGolden {
  /// The parameters of a case; each kind of case has some of them.
  struct Parameters: Decodable {
    var nFft: Int?
    var hop: Int?
    var winLength: Int?
    var center: Bool?
    var padMode: String?
    var sr: Double?
    var nMels: Int?
    var htk: Bool?
    var refDb: Double?
    var topDb: Double?
    var momentum: Double?
    var residual: Double?
    var unique: Bool?
  }

  /// The folder: `VAMEN_GOLDEN`, or `../shared/golden` beside the package; nil where there is none.
  static let folder: String? = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let beside = package.deletingLastPathComponent().appendingPathComponent("shared/golden").path
    let candidate = ProcessInfo.processInfo.environment["VAMEN_GOLDEN"] ?? beside
    return FileManager.default.fileExists(atPath: candidate + "/stft.safetensors")
      ? candidate : nil
  }()

  static let missing = "no golden files: set VAMEN_GOLDEN to their folder"

  let file: SafetensorsFile
  let name: String
  let parameters: Parameters

  /// The cases of a file.
  static func cases(of fileName: String) throws -> [SpectralGolden] {
    let file = try SafetensorsFile(contentsOf: "\(folder ?? "")/\(fileName).safetensors")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try file.metadata.filter { $0.value.hasPrefix("{") }.sorted { $0.key < $1.key }.map {
      SpectralGolden(
        file: file, name: $0.key,
        parameters: try decoder.decode(Parameters.self, from: Data($0.value.utf8)))
    }
  }

  /// Whether the case has a tensor.
  func has(_ tensor: String) -> Bool { file.contains("\(name)/\(tensor)") }

  /// A tensor's values, row-major.
  func values(_ tensor: String) throws -> [Float] { try file.values(of: "\(name)/\(tensor)") }

  /// A tensor's sizes.
  func sizes(_ tensor: String) -> [Int] { file.dimensions(of: "\(name)/\(tensor)") ?? [] }
}
