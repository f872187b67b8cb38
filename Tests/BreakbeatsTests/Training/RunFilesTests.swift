import BreakbeatTraining
import Breakbeats
import Foundation
import Synchronization
import Tensors
import Testing

/// Clocks that jump, files that must not grow, records that must be cut.
@Suite struct RunFilesTests {
  private func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// The report of a step, as it stands in a file.
  private func report(_ step: Int, heldOut: Double? = nil) throws -> TrainingReport {
    let text = """
      {"step": \(step), "steps": 1000000, "loss": \(-1 - 1 / Double(step)), "seconds": 0.1,
      "squaredError": \(1 / Double(step)), "divergence": 3, "activeLatents": 2, "latentCount": 4,
      "divergenceWeight": 0.1, "learningRate": 0.01, "imagesPerSecond": 5,
      "heldOutLoss": \(heldOut.map { "\($0)" } ?? "null")}
      """
    return try JSONDecoder().decode(TrainingReport.self, from: Data(text.utf8))
  }

  @Test func checksumsAreCastagnolis() {
    // RFC 3720, B.4.
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(UInt8(0)...31) == 0x46DD_794E)
    #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
  }

  /// The system's time jumps about an hour back and forth; dates of events never go back, and rates
  /// do not notice.
  @Test func clockJumpsAreNotSeen() async throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let ticks = Mutex(0)
    let clock = RunClock(
      seconds: {
        Double(
          ticks.withLock {
            $0 += 1; return $0
          }) * 0.01
      },
      date: { 1_700_000_000 + (ticks.withLock { $0 } % 2 == 0 ? 3600 : -3600) })
    let data = try await TestData.pictures(.tiny, count: 12)
    var settings = TrainingSettings(.tiny, steps: 6, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 2
    for resuming in [false, true] {
      let run = try await TrainingRun(
        settings, data: data, folder: folder + "/run", resuming: resuming,
        choice: BackendChoice(matching: "cpu"), cadence: .init(checkpoint: 2, preview: 0),
        reopen: nil, clock: clock)
      let done = Mutex(0)
      _ = try await run.run(shouldStop: {
        done.withLock {
          $0 += 1; return $0 == 3
        }
      }) { report in
        // A step takes as many ticks as the clock was asked, whatever the date is.
        #expect((1...1000).contains(report.imagesPerSecond), "\(report)")
        #expect(report.seconds > 0 && report.seconds < 1)
      }
    }
    var dates: [Double] = []
    let events = folder + "/run/tensorboard"
    for name in try FileManager.default.contentsOfDirectory(atPath: events).sorted() {
      let bytes = Array(FileManager.default.contents(atPath: "\(events)/\(name)") ?? Data())
      var position = 0
      while let record = EventRecord(bytes, at: position) {
        dates.append(record.date)
        position = record.end
      }
      #expect(position == bytes.count)
    }
    #expect(dates.count > 10 && dates == dates.sorted(), "\(dates)")
  }

  @Test func eventsAreCutWhereARunGoesOn() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let first = try EventFiles(run: folder, after: 0, clock: .system)
    for step in [1, 2, 3, 300, 70_000] { try first.append(step: step, report(step).scalars) }
    let path = folder + "/tensorboard/events.out.tfevents.000000.vamen"
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seekToEnd()
    // A record that a killed process did not finish.
    try handle.write(contentsOf: Data([40, 0, 0, 0, 0]))
    try handle.close()
    _ = try EventFiles(run: folder, after: 300, clock: .system)
    let bytes = Array(try #require(FileManager.default.contents(atPath: path)))
    var (steps, position) = ([Int](), 0)
    while let record = EventRecord(bytes, at: position) {
      steps.append(record.step)
      position = record.end
    }
    #expect(steps == [0, 1, 1, 2, 3, 300] && position == bytes.count, "\(steps)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder + "/tensorboard").count == 2)
  }

  /// Names that look like ours with numbers that are not: the files stay as they are.
  @Test func eventFilesOfOthersAreLeftAlone() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try EventFiles(run: folder, after: 0, clock: .system)
    let others = ["9223372036854775807", "-1", "1000000000", "x", ""].map {
      "\(folder)/tensorboard/events.out.tfevents.\($0).vamen"
    }
    for path in others { try Data("mine".utf8).write(to: URL(filePath: path)) }
    _ = try EventFiles(run: folder, after: 0, clock: .system)
    for path in others {
      #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8), "\(path)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/tensorboard")
    #expect(names.contains("events.out.tfevents.000001.vamen"))
    #expect(names.count == 2 + others.count)
  }

  @Test func historiesDoNotGrow() throws {
    var history = RunHistory()
    var report = try report(1)
    for step in 1...100_000 {
      report.step = step
      report.heldOutLoss = step % 1000 == 0 ? -Double(step) : nil
      history.append(report)
    }
    #expect(history.curves.count <= 2049 && history.curves.count > 900)
    #expect(history.curves.last?.step == 100_000)
    #expect(history.bestLoss == -100_000)
    #expect(history.lastLosses.count <= 2 * DivergenceGuard.memory)
    let steps = history.curves.map(\.step)
    #expect(steps == steps.sorted())
  }

  @Test func earlierPreviewsAreSpread() {
    #expect(RunPage.spread([1, 2, 3], count: 11) == [1, 2, 3])
    let some = RunPage.spread(Array(1...1000), count: 11)
    #expect(some.count == 11 && some.first == 1 && some.last == 1000)
    #expect(zip(some, some.dropFirst()).allSatisfy { $1 - $0 >= 99 })
  }

  /// A page of three hundred previews is as large as one of thirteen.
  @Test func thePageDoesNotGrow() async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    let path = try folder() + "/run"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var settings = TrainingSettings(.tiny, steps: 13, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 2
    let run = try await TrainingRun(
      settings, data: data, folder: path, choice: BackendChoice(matching: "cpu"),
      cadence: .init(checkpoint: 100, preview: 13))
    _ = try await run.run { _ in }
    let whole = run.folder.preview(ofStep: 13)
    for step in 14...313 {
      try FileManager.default.copyItem(atPath: whole, toPath: run.folder.preview(ofStep: step))
    }
    func size(_ step: Int) throws -> Int {
      try RunPage(
        folder: run.folder, name: "x", device: "y", step: step,
        curves: TrainingReport.history(ofRun: path)
      ).write()
      return FileManager.default.contents(atPath: run.folder.page)?.count ?? 0
    }
    let (thirteen, all) = (try size(25), try size(313))
    #expect(abs(all - thirteen) < 200, "\(thirteen) bytes, \(all) bytes")
    #expect(all > 20_000)
  }
}
