import BreakbeatTraining
import Breakbeats
import Tensors
import Testing

@Suite struct TrainerTests {
  private func settings(
    _ preset: BreakbeatVAE.Preset, _ data: BreakbeatDataset, steps: Int, batchSize: Int
  ) -> TrainingSettings {
    var settings = TrainingSettings(preset, steps: steps, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = batchSize
    return settings
  }

  @Test func theLossFallsAsItDoesInTheReference() async throws {
    let data = try await TestData.pictures(.tiny, count: 64)
    let trainer = try Trainer(
      settings(.tiny, data, steps: 60, batchSize: 16), data: data,
      choice: BackendChoice(matching: "cpu"))
    var reports: [TrainingReport] = []
    for try await report in trainer.reports() { reports.append(report) }
    #expect(reports.count == 60)
    // A fresh model is about half a nat per pixel below 0, and falls by a nat in fifty steps.
    #expect((-1.2 ... -0.4).contains(reports[0].loss), "\(reports[0])")
    #expect(reports[59].loss < reports[0].loss - 0.7, "\(reports[59])")
    #expect(reports[59].squaredError < reports[0].squaredError / 3, "\(reports[59])")
    let heldOut = try #require(try await trainer.heldOutSquaredError())
    #expect(heldOut < 2 * reports[59].squaredError)
  }

  @Test func everyDeviceTrainsAlike() async throws {
    let data = try await TestData.pictures(.tiny, count: 24)
    var curves: [[Double]] = []
    for device in TestDevice.all {
      let trainer = try Trainer(
        settings(.tiny, data, steps: 4, batchSize: 4), data: data,
        choice: BackendChoice(device.backend, reason: "tested"))
      var losses: [Double] = []
      for try await report in trainer.reports() { losses.append(report.loss) }
      curves.append(losses)
      for (loss, expected) in zip(losses, curves[0]) {
        #expect(abs(loss - expected) < 2e-3, "\(device): \(losses), CPU \(curves[0])")
      }
    }
  }

  @Test(arguments: BreakbeatVAE.Preset.allCases)
  func everyPresetTrains(_ preset: BreakbeatVAE.Preset) async throws {
    let data = try await TestData.pictures(preset, count: 4)
    let trainer = try Trainer(
      settings(preset, data, steps: 2, batchSize: 2), data: data,
      choice: BackendChoice(matching: "cpu"))
    let first = try await trainer.takeStep()
    let second = try await trainer.takeStep()
    #expect(first.loss.isFinite && second.loss.isFinite)
    #expect(second.squaredError != first.squaredError)
    #expect(first.latentCount == preset.configuration.latentCount)
  }
}
