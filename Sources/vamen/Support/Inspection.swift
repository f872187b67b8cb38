import Breakbeats
import BreakbeatTraining
import SpectralAudio
import Tensors

/// What `inspect` tells: lines for people, an object for programs.
struct Inspection {
  /// Names and values, a line each.
  var facts: [(name: String, value: String)]
  /// The same with numbers and lists as such.
  var object: any Encodable
}

/// What a data set holds, for programs.
struct DatasetLine: Encodable {
  struct Item: Encodable {
    var index: Int
    var source: String
    var isHeldOut: Bool
    /// What the randomizer did.
    var text: String
  }

  var kind = "data set"
  var items: Int
  var heldOutItems: Int
  var heldOut: HeldOut
  var settings: SpectrogramSettings
  var beatsPerMinute: Double
  /// Of a loop.
  var seconds: Double
  var fitting: BreakFitting
  var seed: UInt64
  var digest: String
  var sources: [DatasetSource]
  /// Whether every picture was compared with its checksum.
  var isVerified: Bool
  var item: Item?

  init(_ data: BreakbeatDataset, isVerified: Bool, item index: Int?) {
    items = data.count
    heldOutItems = data.heldOutIndices.count
    heldOut = data.heldOut
    settings = data.settings
    beatsPerMinute = data.settings.beatsPerMinute
    seconds = data.settings.loopDuration
    fitting = data.fitting
    seed = data.seed
    digest = data.digest
    sources = data.sources
    self.isVerified = isVerified
    item = index.map {
      Item(
        index: $0, source: data.source(of: $0).name,
        isHeldOut: data.heldOutIndices.contains($0), text: data.recipeText(of: $0))
    }
  }
}

/// What a safetensors file holds, for programs.
struct TensorFileLine: Encodable {
  struct NamedShape: Encodable {
    var name: String
    var shape: [Int]
  }

  /// A value of the metadata, which are texts.
  enum Value: Encodable {
    case text(String)
    case whole(UInt64)
    case number(Double)

    /// A number where the text is one.
    init(_ text: String) {
      if let whole = UInt64(text) {
        self = .whole(whole)
      } else if let number = Double(text), number.isFinite {
        self = .number(number)
      } else {
        self = .text(text)
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .whole(let whole): try container.encode(whole)
      case .number(let number): try container.encode(number)
      }
    }
  }

  /// What a step along a principal direction changes most.
  struct Direction: Encodable {
    var descriptor: String
    var unit: String
    /// Of the descriptor, by a step of 1.
    var change: Double
    /// Of the variance of all training pictures.
    var share: Double
    /// What a step of 1 means.
    var spread: Float
  }

  /// `model`, `training state`, or `safetensors` for a file of another program.
  var kind = "safetensors"
  var format: String?
  /// Numbers in all tensors.
  var numbers: Int
  var tensors: [NamedShape]
  var configuration: BreakbeatVAE.Configuration?
  var beatsPerMinute: Double?
  /// Where a model comes from: data set, seed, steps and the like.
  var provenance: [String: Value]?
  var directions: [Direction]?
  /// Steps that a training state has behind it.
  var step: Int?
  /// Everything else that the file says of itself.
  var metadata: [String: String]

  init(_ file: SafetensorsFile, model: ModelFile?) {
    tensors = file.names.map { NamedShape(name: $0, shape: file.dimensions(of: $0) ?? []) }
    numbers = tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
    metadata = file.metadata
    format = metadata.removeValue(forKey: "vamen.format")
    if let text = metadata["vamen.step"], let number = Int(text) {
      (kind, step) = ("training state", number)
      metadata["vamen.step"] = nil
    }
    guard let model else { return }
    kind = "model"
    configuration = model.configuration
    beatsPerMinute = model.configuration.spectrogram.beatsPerMinute
    var origin: [String: Value] = [:]
    for (key, text) in model.provenance {
      // A digest may happen to be a number.
      let isText = ["data", "name", "version"].contains(key)
      origin[key] = isText ? Value.text(text) : Value(text)
      metadata["vamen.provenance.\(key)"] = nil
    }
    provenance = origin
    metadata["vamen.configuration"] = nil
    guard let description = model.latentDescription else { return }
    metadata["vamen.directions"] = nil
    directions = description.directions.map { direction in
      let descriptor = description.descriptor(of: direction)
      return Direction(
        descriptor: descriptor.name, unit: descriptor.unit,
        change: direction.changes[direction.strongest], share: direction.share,
        spread: direction.spread)
    }
  }
}

/// What a run folder holds, for programs.
struct RunLine: Encodable {
  var kind = "run"
  var settings: TrainingSettings
  var parameters: Int
  /// Digest of the data set.
  var data: String
  var version: String
  var last: TrainingReport?

  init(_ record: RunFolder.Record, last: TrainingReport?) {
    settings = record.settings
    parameters = record.settings.model.parameterCount
    data = record.data
    version = record.version
    self.last = last
  }
}
