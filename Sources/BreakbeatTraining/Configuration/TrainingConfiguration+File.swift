public import Breakbeats
internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension TrainingConfiguration {
  /// The longest configuration that is read, in bytes.
  private static let maximumLength = 1 << 20

  /// Reads a configuration from a JSON file; what it does not name keeps its default, which is that
  /// of its `preset`, otherwise of the one given.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - base: What the file leaves out.
  ///   - preset: Takes the place of the file's `preset` and sizes, before anything follows from these;
  ///     its recommendations are those of `base`.
  /// - Throws: ``TrainingDataError`` when the file cannot be read, is no JSON object, or names a
  ///   setting that does not exist, a setting twice, or a value of another type or out of range.
  public init(
    contentsOf path: String, over base: TrainingConfiguration,
    preset: BreakbeatVAE.Preset? = nil
  ) throws {
    let status = try FileStatus(of: path)
    guard status.isRegularFile, status.size <= Self.maximumLength else {
      throw TrainingDataError(
        .unreadable, "\(path): not a file of at most \(Self.maximumLength) bytes",
        remedy: "name a JSON file with a configuration")
    }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw SystemError.last.reading(path)
    }
    do {
      try self.init(json: Array(bytes), over: base, preset: preset)
    } catch let error as TrainingDataError {
      throw TrainingDataError(
        error.code, "the configuration \(path): \(error.message)", remedy: error.remedy)
    }
  }

  /// Reads a configuration from JSON; see ``init(contentsOf:over:preset:)``.
  public init(
    json: [UInt8], over base: TrainingConfiguration, preset given: BreakbeatVAE.Preset? = nil
  ) throws {
    let members: [String: StrictJSON]
    do {
      guard case .object(let object) = try StrictJSON(json, maximumDepth: 8) else {
        throw Self.refusal("it is no JSON object")
      }
      members = try Self.flattened(object)
    } catch let failure as StrictJSON.Failure {
      throw Self.refusal(printable(failure.description))
    }
    self = base
    // The preset first: it decides the defaults.
    if let value = members[SettingField.preset.name] {
      var changed = base
      guard SettingField.preset.read(value, &changed) else {
        throw Self.refusal(SettingField.preset, value)
      }
      if given == nil { self = changed }
    }
    for name in members.keys.sorted() {
      guard let field = SettingField.named(name) else {
        let nearest = nearestName(to: name, in: SettingField.all.map(\.name)) ?? ""
        throw Self.refusal(
          "there is no setting called \"\(printable(name))\"; the nearest is \"\(nearest)\"")
      }
      guard let value = members[name], field.name != SettingField.preset.name else { continue }
      guard field.read(value, &self) else { throw Self.refusal(field, value) }
    }
    // What a file says of the run's length replaces what was said before.
    if members["epochs"] ?? .null != .null, members["steps"] ?? .null == .null { steps = nil }
    if members["steps"] ?? .null != .null, members["epochs"] ?? .null == .null { epochs = nil }
    named.formUnion(members.keys)
    if let given {
      settings.model = given.configuration
      named = named.filter { !$0.hasPrefix(SettingField.model) }
    }
    preset = BreakbeatVAE.Preset.allCases.first { $0.hasSizes(of: settings.model) }
    // Options may still say how much of a batch is in memory at a time.
    try check(beforeOptions: true)
  }

  /// Members of inner objects under dotted names. An object without any is a value like others, but
  /// for those that have settings in them.
  private static func flattened(
    _ object: [String: StrictJSON], under prefix: String = ""
  ) throws -> [String: StrictJSON] {
    var members: [String: StrictJSON] = [:]
    for (key, value) in object {
      let name = prefix + key
      var inner = [name: value]
      let holdsSettings = [SettingField.model, SettingField.pictures].contains(name + ".")
      if case .object(let object) = value, holdsSettings || !object.isEmpty {
        inner = try flattened(object, under: name + ".")
      }
      for (name, value) in inner where members.updateValue(value, forKey: name) != nil {
        throw refusal("it names \(printable(name)) twice")
      }
    }
    return members
  }

  private static func refusal(_ field: SettingField, _ value: StrictJSON) -> TrainingDataError {
    refusal("\(field.name) is \(printable(String(value.line.prefix(80)))), not \(field.kind)")
  }

  private static func refusal(_ what: String) -> TrainingDataError {
    TrainingDataError(
      .invalidSettings, what,
      remedy: "`vamen train --print-config` prints every setting with its default")
  }

  /// Every setting as JSON, a line each, in an order for people.
  public var json: String {
    var lines: [String] = []
    var open: [Substring] = []
    for field in SettingField.all {
      var path = field.name.split(separator: ".")
      let name = path.removeLast()
      while open.count > path.count || open != Array(path.prefix(open.count)) {
        open.removeLast()
        lines.append(String(repeating: "  ", count: open.count + 1) + "}")
      }
      while open.count < path.count {
        let indent = String(repeating: "  ", count: open.count + 1)
        lines.append("\(indent)\"\(path[open.count])\": {")
        open.append(path[open.count])
      }
      let indent = String(repeating: "  ", count: open.count + 1)
      lines.append("\(indent)\"\(name)\": \(field.write(self).line)")
    }
    for count in stride(from: open.count, to: 0, by: -1) {
      lines.append(String(repeating: "  ", count: count) + "}")
    }
    // A comma wherever another member of the same object follows.
    for index in lines.indices.dropLast() where !lines[index].hasSuffix("{") {
      if !lines[index + 1].hasSuffix("}") || lines[index + 1].contains("{") {
        lines[index] += ","
      }
    }
    return "{\n" + lines.joined(separator: "\n") + "\n}"
  }
}
