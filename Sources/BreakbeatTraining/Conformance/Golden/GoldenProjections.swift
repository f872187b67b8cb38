import SpectralAudio
import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension CaseKind {
  /// The projection onto consistent spectra: its table, exactly, truncated, and the inverse.
  static let projections: [CaseKind] = [
    .program(GoldenFile.projection) { program in try projection(&program) }
  ]
}

/// Transform length N, window length W, hop R, M frames, taps |p| ≤ L; the window, the table `a`, a
/// spectrum Y, P(Y) exactly and by the box of taps, and the inverse transform.
private func projection(_ program: inout CaseProgram) throws(CaseProblem) {
  let golden = program.golden
  let (size, width) = (
    try golden.integer("N", in: 2...65_536), try golden.integer("W", in: 1...65_536)
  )
  let (hop, frames) = (
    try golden.integer("R", in: 1...65_536), try golden.integer("M", in: 1...65_536)
  )
  let window = try golden.tensor("window").values.map(Double.init)
  guard window.count == width, width <= size, hop * frames <= 1 << 24 else {
    throw .damaged("a window of \(window.count) for W \(width), N \(size), R \(hop), M \(frames)")
  }
  let transform = ShortTimeFourierTransform(
    sampleCount: frames * hop, fftSize: size, window: AnalysisWindow(window), hop: hop)
  guard let table = ConsistencyTable(transform) else {
    throw .unknown("a window that is not symmetric about its centre")
  }
  let reach = try golden.integer("L", in: 0...size / 2)
  guard size / 2 <= ConsistencyKernel.largestReach else { throw .unknown("N \(size)") }
  let bins = size / 2 + 1
  program.expect(
    "a",
    .constant(table.weights.flatMap { $0.map { Float($0) } }, shape: [table.weights.count, bins]))

  let parts = try ["Yre", "Yim"].map { name throws(CaseProblem) in
    try program.input(name, shape: [frames, bins]).reshaped(to: [1, frames, 1, bins])
  }
  let spectrum = concatenated(parts, axis: 2)
  let results = [
    ("exact", transform.projected(spectrum)),
    ("exact", ConsistencyKernel(table, frameCount: frames).projected(spectrum)),
    (
      "trunc",
      ConsistencyKernel(table.truncated(reach: reach), frameCount: frames).projected(spectrum)
    ),
  ]
  for (name, result) in results {
    for (part, suffix) in ["_re", "_im"].enumerated() {
      program.expect(
        name + suffix, result.sliced(axis: 2, part..<part + 1).reshaped(to: [frames, bins]),
        .relative(2e-6))
    }
  }
  program.expect("istft", transform.inverse(spectrum), .relative(2e-6))
}

extension GoldenFile {
  /// The operation of a file of vectors for the projection.
  static let projection = "time-frequency kernel"

  /// Reads a JSON object of numbers and of arrays of numbers, one or two deep: the vectors of the
  /// time-frequency kernel.
  ///
  /// - Throws: `TensorError` or `StrictJSON.Failure` when it is no such object.
  init(json path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw TensorError(.invalidFile, "\(path) cannot be read: check that it is a file")
    }
    let name = Self.name(of: path)
    var fields: [String: StrictJSON] = ["op": .string(Self.projection)]
    var tensors: [String: GoldenCase.Entry] = [:]
    for (key, value) in try StrictJSON([UInt8](data)).object ?? [:] {
      if let array = value.array {
        guard let entry = GoldenCase.Entry(array) else {
          let damage = DamagedCase(name: name, reason: "\(key) is no vector or matrix of numbers")
          self.init(name: name, only: .failure(damage))
          return
        }
        tensors[key] = entry
      } else {
        fields[key] = value
      }
    }
    self.init(
      name: name,
      only: .success(
        GoldenCase(file: name, name: "projection", fields: fields, tensors: tensors)))
  }
}

extension GoldenCase.Entry {
  /// A vector, or a matrix of rows of one length; nil for anything else.
  fileprivate init?(_ array: [StrictJSON]) {
    let rows = array.compactMap(\.array)
    let numbers = (rows.isEmpty ? array : rows.flatMap { $0 }).compactMap(\.number)
    if rows.isEmpty {
      guard numbers.count == array.count, !array.isEmpty else { return nil }
      self.init(shape: [array.count], values: numbers.map { Float($0) })
    } else {
      let width = rows[0].count
      guard rows.count == array.count, width > 0, rows.allSatisfy({ $0.count == width }),
        numbers.count == rows.count * width
      else { return nil }
      self.init(shape: [rows.count, width], values: numbers.map { Float($0) })
    }
  }
}
