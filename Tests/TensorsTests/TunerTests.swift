import BreakbeatTraining
import Dispatch
import Foundation
import Tensors
import Testing
import VulkanCompute

@Suite("Tuner")
struct TunerTests {
  private struct Failure: Error {}

  /// A product [rows, depth] x [depth, columns].
  private func problem(_ rows: Int, _ depth: Int, _ columns: Int) throws -> ProductProblem {
    let geometry = """
      {"stride":{"y":1,"x":1},"padding":{"y":0,"x":0},"dilation":{"y":1,"x":1},"groups":1}
      """
    let text = """
      {"kind":"matrixProduct","source":[\(rows),\(depth)],"operand":[\(depth),\(columns)],
      "result":[\(rows),\(columns)],"geometry":\(geometry),"transposesSource":false,
      "transposesOperand":false}
      """
    return try JSONDecoder().decode(ProductProblem.self, from: Data(text.utf8))
  }

  /// Tiles told apart by the rows of an invocation.
  private func tile(_ rows: Int) throws -> ProductTile {
    var tile = ProductTile(for: try problem(64, 64, 64), on: TileTarget())
    tile.rowsPerInvocation = rows
    return tile
  }

  private func tuner(
    _ tiles: [ProductTile], hasTime: @escaping () -> Bool = { true },
    _ measure: @escaping Tuner.Measure
  ) -> Tuner {
    Tuner(candidates: { _ in tiles }, hasTime: hasTime, measure: measure)
  }

  @Test func takesTheFastest() throws {
    let tiles = try [8, 4, 2, 1].map(tile)
    let seconds = [8: 1.0, 4: 0.5, 2: 0.25, 1: 2.0]
    let tuned = tuner(tiles) { _, tile in
      .init(seconds: seconds[tile.rowsPerInvocation] ?? 0, difference: 0)
    }.choose(for: try problem(64, 64, 64))
    #expect(tuned?.tile.rowsPerInvocation == 2)
    #expect(tuned?.seconds == 0.25)
    #expect(tuned?.ruleSeconds == 1)
    #expect(tuned?.notes == [])
  }

  @Test func aGainWithinTheNoiseIsNone() throws {
    let tiles = try [8, 4].map(tile)
    let tuned = tuner(tiles) { _, tile in
      .init(seconds: tile.rowsPerInvocation == 4 ? 0.99 : 1, difference: 0)
    }.choose(for: try problem(64, 64, 64))
    #expect(tuned?.tile.rowsPerInvocation == 8)
    #expect(tuned?.seconds == 1)
  }

  @Test func skipsWhatFails() throws {
    let tiles = try [8, 4, 2].map(tile)
    let tuned = tuner(tiles) { _, tile in
      if tile.rowsPerInvocation == 4 { throw Failure() }
      return .init(seconds: Double(tile.rowsPerInvocation), difference: 0)
    }.choose(for: try problem(64, 64, 64))
    #expect(tuned?.tile.rowsPerInvocation == 2)
    #expect(tuned?.notes.count == 1)
    // Without a reference there is nothing to compare with.
    let hopeless = tuner(tiles) { _, _ in throw Failure() }
    #expect(hopeless.choose(for: try problem(64, 64, 64)) == nil)
  }

  @Test(arguments: [1e-3, 1, Double.infinity, Double.nan])
  func rejectsWrongResults(_ difference: Double) throws {
    let tiles = try [8, 4, 2].map(tile)
    let tuned = tuner(tiles) { _, tile in
      .init(
        seconds: Double(tile.rowsPerInvocation),
        difference: tile.rowsPerInvocation == 2 ? difference : 1e-7)
    }.choose(for: try problem(64, 64, 64))
    #expect(tuned?.tile.rowsPerInvocation == 4, "differs by \(difference)")
    #expect(tuned?.notes.count == 1)
  }

  @Test func leavesWhatThereIsNoTimeFor() throws {
    var measurements = 0
    let tuner = tuner(try [8, 4].map(tile), hasTime: { measurements < 3 }) { _, _ in
      measurements += 1
      return .init(seconds: 1, difference: 0)
    }
    let tuning = try Tuning(
      of: [problem(8, 8, 8), problem(64, 64, 64), problem(16, 16, 16)], tuner: tuner,
      file: file(nil))
    // The one with most work first; the second's second candidate had no time.
    #expect(tuning.measured.map(\.problem) == [try problem(64, 64, 64)])
    #expect(tuning.missingCount == 2)
  }

  /// Coarse clocks: the reference took no time at all, so nothing is held against the next.
  @Test(arguments: [0, -1, Double.infinity, Double.nan])
  func nothingTakesThePlaceOfAReferenceWithoutATime(_ seconds: Double) throws {
    let tuned = tuner(try [8, 4].map(tile)) { _, tile in
      let isRule = tile.rowsPerInvocation == 8
      return .init(seconds: isRule ? seconds : 1, difference: isRule ? 0 : 1)
    }.choose(for: try problem(64, 64, 64))
    #expect(tuned == nil)
    // A candidate without one is left out, and said so.
    let other = tuner(try [8, 4].map(tile)) { _, tile in
      .init(seconds: tile.rowsPerInvocation == 8 ? 1 : seconds, difference: 0)
    }.choose(for: try problem(64, 64, 64))
    #expect(other?.tile.rowsPerInvocation == 8 && other?.notes.count == 1)
  }

  /// A device so slow that the first product takes all the time learns that one.
  @Test func theFirstProductIsFinished() throws {
    var measurements = 0
    let tuner = tuner(try [8, 4, 2].map(tile), hasTime: { measurements < 1 }) { _, tile in
      measurements += 1
      return .init(seconds: Double(tile.rowsPerInvocation), difference: 0)
    }
    let tuning = try Tuning(
      of: [problem(8, 8, 8), problem(64, 64, 64)], tuner: tuner, file: file(nil))
    #expect(tuning.measured.map(\.tile.rowsPerInvocation) == [2] && measurements == 3)
    #expect(tuning.missingCount == 1)
  }

  /// What a damaged file may hold: loads would miss most of the tile.
  @Test func aTileDeeperThanItsWorkgroupSuitsNothing() throws {
    let problem = try problem(64, 64, 64)
    var tile = ProductTile(
      workgroupSize: 32, gridRows: 4, rowsPerInvocation: 2, columnsPerInvocation: 2, depth: 32)
    #expect(tile.suits(problem, on: TileTarget()))
    (tile.depth, tile.unrolledDepth) = (64, 64)
    #expect(!tile.suits(problem, on: TileTarget()))
  }

  private func file(_ folder: String?, device: String = "d1", driver: String = "1") -> TuningFile {
    let description = DeviceDescription(
      index: 0, name: "test", kind: .discrete, driverVersion: driver, deviceUUID: device,
      driverUUID: "r1", memoryByteCount: 1)
    return TuningFile(
      folder.map { .folder($0) } ?? .none, identity: .init(description, kernels: []))
  }

  private func entry(_ size: Int, rows: Int) throws -> TunedProduct {
    TunedProduct(
      problem: try problem(size, size, size), tile: try tile(rows), seconds: 1, ruleSeconds: 2)
  }

  @Test func remembersAndAdds() throws {
    try withTemporaryFolder { folder in
      let file = file(folder + "/not/yet")
      #expect(file.read().products == [])
      #expect(file.read().note == nil)
      #expect(file.add([try entry(8, rows: 4)]) == nil)
      // What another process added meanwhile stays.
      #expect(file.add([try entry(16, rows: 2)]) == nil)
      #expect(file.add([try entry(8, rows: 1)]) == nil)
      let found = file.read()
      #expect(found.note == nil)
      #expect(Set(found.products) == [try entry(8, rows: 1), try entry(16, rows: 2)])

      // Nothing is measured again, unless asked for.
      let tuner = tuner(try [8, 1].map(tile)) { _, _ in throw Failure() }
      let known = try Tuning(of: [problem(8, 8, 8)], tuner: tuner, file: file)
      #expect(known.knownCount == 1)
      #expect(known.choices[try problem(8, 8, 8)]?.rowsPerInvocation == 1)
      let anew = try Tuning(of: [problem(8, 8, 8)], tuner: tuner, file: file, isAnew: true)
      #expect(anew.missingCount == 1)
    }
  }

  /// A tile that no tuner tries would be ignored by every program, and known for ever.
  @Test func measuresAgainWhatIsNoCandidate() throws {
    try withTemporaryFolder { folder in
      let file = file(folder)
      #expect(file.add([try entry(8, rows: 3), try entry(16, rows: 2)]) == nil)
      let tuner = tuner(try [8, 2].map(tile)) { _, tile in
        .init(seconds: Double(tile.rowsPerInvocation), difference: 0)
      }
      let problems = try [problem(8, 8, 8), problem(16, 16, 16)]
      let tuning = Tuning(of: problems, tuner: tuner, file: file)
      #expect(tuning.knownCount == 1 && tuning.measured.map(\.problem) == [problems[0]])
      #expect(tuning.choices[problems[0]]?.rowsPerInvocation == 2)
      // The file has the new tile from then on; without time the rule decides.
      #expect(Tuning(of: problems, tuner: tuner, file: file).knownCount == 2)
      #expect(file.add([try entry(8, rows: 3)]) == nil)
      var late = tuner
      late.hasTime = { false }
      let missing = Tuning(of: problems, tuner: late, file: file)
      #expect(missing.missingCount == 1 && missing.choices[problems[0]] == nil)
    }
  }

  @Test func ignoresDamagedAndForeignFiles() throws {
    try withTemporaryFolder { folder in
      let file = file(folder)
      #expect(file.add([try entry(8, rows: 4)]) == nil)
      let path = try #require(
        try FileManager.default.contentsOfDirectory(atPath: folder).first.map {
          folder + "/" + $0
        })
      let whole = try #require(FileManager.default.contents(atPath: path))

      let other = self.file(folder, driver: "2")
      #expect(other.read().products == [])
      #expect(other.read().note?.contains("belongs to another") ?? false)

      for length in stride(from: 0, to: whole.count - 2, by: 7) {
        try whole.prefix(length).write(to: URL(filePath: path))
        #expect(file.read().products == [])
        #expect(file.read().note?.contains("damaged") ?? false, "\(length) bytes")
      }
      // A shape that no tensor has.
      let text = String(decoding: whole, as: UTF8.self).replacing("8,", with: "-8,")
      try Data(text.utf8).write(to: URL(filePath: path))
      #expect(file.read().products == [])
      // A damaged file is replaced by a good one.
      #expect(file.add([try entry(16, rows: 2)]) == nil)
      #expect(file.read().products == [try entry(16, rows: 2)])

      // A folder that cannot be written to is a note, not an error.
      let nowhere = self.file("/proc/nowhere")
      #expect(nowhere.add([try entry(8, rows: 4)])?.contains("not kept") ?? false)
    }
  }

  @Test func twoAtATimeLeaveAWholeFile() throws {
    try withTemporaryFolder { folder in
      let entries = try (1...24).map { try entry($0, rows: 4) }
      DispatchQueue.concurrentPerform(iterations: entries.count) { index in
        _ = file(folder).add([entries[index]])
      }
      let found = file(folder).read()
      #expect(found.note == nil)
      #expect(!found.products.isEmpty && Set(found.products).isSubset(of: entries))
    }
  }

  /// A real run, tiny: choices are those of candidates, and the tuned program's results are the
  /// untuned one's within the bound.
  @Test(.opensDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
  func tunesARealDevice() throws {
    try withTemporaryFolder { folder in
      guard let plain = TestDevice.vulkan.first?.backend as? VulkanBackend else { return }
      var options = Device.Options()
      options.pipelineCache = .folder(folder)
      let device = try Device(plain.device.description, options: options)
      let backend = VulkanBackend(device)
      let (x, w) = (Tensor.input([2, 3, 9, 7]), Tensor.input([5, 3, 4, 4]))
      let y = convolution(x, weight: w, stride: 2, padding: 1)
      let output = y.gradients(
        withRespectTo: [w], upstream: y)[0]
      let needs = try Program.memory(outputs: [y, output], on: backend)
      #expect(needs.problems.count == 2)
      let tuning = Tuning(of: needs.problems, on: device, timeLimit: 120)
      #expect(tuning.notes == [])
      #expect(tuning.measured.count == 2, "\(tuning)")
      for product in tuning.measured {
        #expect(product.notes == [], "a variant differs or fails")
        #expect(product.seconds > 0 && product.seconds <= product.ruleSeconds)
      }
      let again = Tuning(of: needs.problems, on: device, timeLimit: 120)
      #expect(again.measured.isEmpty && again.knownCount == 2)
      #expect(again.choices == tuning.choices)

      let inputs = [
        x: OperationCheck.numbers(x.shape.count), w: OperationCheck.numbers(w.shape.count),
      ]
      let tuned = VulkanBackend(device, tileChoices: tuning.choices)
      let results = try [backend, tuned].map {
        try Program(outputs: [y, output], on: $0).run(inputs)
      }
      for (a, b) in zip(results[0], results[1]) {
        let scale = a.reduce(0) { max($0, abs($1)) }
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-5 * scale })
      }
    }
  }
}
