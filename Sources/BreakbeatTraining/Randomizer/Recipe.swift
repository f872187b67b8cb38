/// How often the randomizer makes each of its moves.
///
/// Probabilities are per sixteenth unless said otherwise, and are scaled for each loop by one
/// intensity between 0.25 and 1.5, so that a set holds calm loops and wild ones. In JSON every key
/// may be left out.
public struct Recipe: Sendable, Hashable {
  /// Loops that only choose bars and make no other move.
  public var intact = 0.1
  /// Each bar: taken from anywhere in the break instead of following the one before.
  public var otherBar = 0.5
  /// Each bar: its second half chosen on its own.
  public var halfBar = 0.25
  /// One, two or four sixteenths replaced by others of the break.
  public var swap = 0.08
  /// Each swap: the new slices keep their position in the bar.
  public var keepPosition = 0.7
  /// A sixteenth started over again on the one to five that follow.
  public var retrigger = 0.01
  /// A sixteenth played two, three or four times in its own time.
  public var roll = 0.04
  /// One or two sixteenths played backwards.
  public var reverse = 0.02
  /// A sixteenth played at another pitch.
  public var pitch = 0.025
  /// One or two sixteenths whose pitch slides.
  public var ramp = 0.012
  /// A soft snare added between the beats.
  public var ghost = 0.04
  /// A sixteenth of silence.
  public var drop = 0.015
  /// Each half bar: played at half speed, an octave down.
  public var halfTime = 0.025
  /// Each half bar: played twice as fast by cutting slices in half.
  public var doubleTime = 0.04
  /// Each loop: a crash added on the one.
  public var crash = 0.12
  /// A sixteenth louder or softer by up to 5 dB.
  public var velocity = 0.15

  /// The default recipe.
  public init() {}

  /// A recipe without moves: loops follow the break.
  public static var plain: Recipe {
    var recipe = Recipe()
    for field in fields { recipe[keyPath: field.path] = 0 }
    recipe.intact = 1
    return recipe
  }

  /// Checks values that came from a file or a person.
  ///
  /// - Throws: ``TrainingDataError`` naming the first value that is no probability.
  public func validate() throws(TrainingDataError) {
    for field in Self.fields where !(0...1).contains(self[keyPath: field.path]) {
      throw TrainingDataError(
        .invalidSettings, "recipe: \(field.name) is \(self[keyPath: field.path])",
        remedy: "give a probability of 0 to 1")
    }
  }

  /// Every probability by its name in JSON.
  static let fields: [(name: String, path: any WritableKeyPath<Recipe, Double> & Sendable)] = [
    ("intact", \.intact), ("otherBar", \.otherBar), ("halfBar", \.halfBar), ("swap", \.swap),
    ("keepPosition", \.keepPosition), ("retrigger", \.retrigger), ("roll", \.roll),
    ("reverse", \.reverse), ("pitch", \.pitch), ("ramp", \.ramp), ("ghost", \.ghost),
    ("drop", \.drop),
    ("halfTime", \.halfTime), ("doubleTime", \.doubleTime), ("crash", \.crash),
    ("velocity", \.velocity),
  ]
}

extension Recipe: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads the values that are there; an unknown key is an error that names the nearest known one.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let names = Self.fields.map(\.name)
    let unknown = container.allKeys.filter { !names.contains($0.stringValue) }
    if let key = unknown.min(by: { $0.stringValue < $1.stringValue }) {
      let nearest = nearestName(to: key.stringValue, in: names) ?? ""
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container,
        debugDescription: "there is no move called \"\(printable(key.stringValue))\"; "
          + "the nearest is \"\(nearest)\"")
    }
    for field in Self.fields {
      let key = Key(stringValue: field.name)
      guard container.contains(key) else { continue }
      guard let value = try? container.decode(Double.self, forKey: key) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "\(field.name) is not a number")
      }
      self[keyPath: field.path] = value
    }
  }

  /// Writes every value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for field in Self.fields {
      try container.encode(self[keyPath: field.path], forKey: Key(stringValue: field.name))
    }
  }
}
