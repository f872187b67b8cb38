import BreakbeatTraining
import Breakbeats
import Foundation
import Tensors
import Testing

/// When training stops because it went wrong.
@Suite struct DivergenceTests {
  @Test func tenTimesTheMedianErrorIsTooMuch() {
    var divergence = DivergenceGuard()
    // A loss that falls, with noise of a factor of three in the error.
    for step in 0..<300 {
      let loss = -2.0 - 0.003 * Double(step) + (step % 3 == 0 ? 0.5 : 0)
      #expect(divergence.problem(with: loss) == nil, "step \(step)")
    }
    // The median of the last hundred is about -2.75; e⁻⁵·⁵ times ten is a loss of -1.6.
    var almost = divergence
    #expect(almost.problem(with: -1.7) == nil)
    let problem = divergence.problem(with: -1.5)
    #expect(problem?.contains("ten times") == true, "\(problem ?? "nothing")")
  }

  @Test func numbersThatAreNoneStopAtOnce() {
    for loss in [Double.nan, .infinity, -.infinity] {
      var divergence = DivergenceGuard()
      #expect(divergence.problem(with: loss) == "is not a number")
    }
  }

  @Test func theFirstStepsMayJump() {
    var divergence = DivergenceGuard()
    for loss in [-0.7, 3, -0.9, 5, -1] { #expect(divergence.problem(with: loss) == nil) }
  }

  @Test func aLeapBeforeThereIsAMedianIsTooMuch() {
    // A learning rate of 0.99 from the first step on.
    var divergence = DivergenceGuard()
    #expect(divergence.problem(with: -0.72) == nil)
    let problem = divergence.problem(with: 23.95)
    #expect(problem?.contains("more than 10 above") == true, "\(problem ?? "nothing")")
    // It is the smallest that counts, not the last.
    divergence = DivergenceGuard()
    for loss in [-0.6, 4, 8, 9.3] { #expect(divergence.problem(with: loss) == nil) }
    #expect(divergence.problem(with: 9.5) != nil)
    // Where losses begin does not matter.
    divergence = DivergenceGuard(after: [400])
    #expect(divergence.problem(with: 409) == nil)
    #expect(divergence.problem(with: 411) != nil)
  }

  /// From -0.6 to -2.6 with spikes, as the presets begin; going on from a state decides the same.
  @Test(arguments: [10.0, 40, 160])
  func aGoodStartIsLeftAlone(_ steps: Double) {
    var divergence = DivergenceGuard()
    for step in 0..<200 {
      let spike = step % 7 == 5 ? (step < 20 ? 3 : 0.7) : 0
      let loss = -2.6 + 2 * exp(-Double(step) / steps) + spike
      var resumed = DivergenceGuard(after: divergence.losses)
      #expect(divergence.problem(with: loss) == nil, "step \(step)")
      #expect(resumed.problem(with: loss) == nil)
      #expect(resumed.losses == divergence.losses)
    }
  }

  /// Nothing of a run that goes wrong at once is kept as if it were good.
  @Test func aRunThatDivergesAtOnceHasNoCheckpoint() async throws {
    let data = try await TestData.pictures(.tiny, count: 24)
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "diverging-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var settings = TrainingSettings(.tiny, steps: 40, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 8
    settings.learningRate = 0.99
    settings.warmUpSteps = 0
    settings.gradientSpikeLimit = nil
    let run = try await TrainingRun(
      settings, data: data, folder: folder, choice: BackendChoice(matching: "cpu"),
      cadence: .init(checkpoint: 10, preview: 0))
    let error = await #expect(throws: TrainingDataError.self) { _ = try await run.run { _ in } }
    #expect(error?.code == .diverged)
    #expect(error?.remedy.contains("no checkpoint yet") == true, "\(error?.description ?? "")")
    #expect(try TrainingState(contentsOf: run.folder.lastState).step == 0)
    #expect(!FileManager.default.fileExists(atPath: run.folder.lastModel))
  }

  /// A run that really diverges: exit by an error, the last checkpoint as it was.
  @Test(
    "a run that diverges keeps its last checkpoint, with and without the guard on gradients",
    arguments: [nil, TrainingSettings(.tiny, steps: 1, seed: 1).gradientSpikeLimit])
  func aRunThatDivergesKeepsItsLastCheckpoint(spikeLimit: Double?) async throws {
    let data = try await TestData.pictures(.tiny, count: 24)
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "diverging-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var settings = TrainingSettings(.tiny, steps: 4000, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 4
    // Good at first, then far too much: the learning rate rises for 400 steps. It goes wrong within
    // the first 200, on any processor.
    settings.learningRate = 0.99
    settings.warmUpSteps = 1_000_000
    settings.gradientSpikeLimit = spikeLimit
    let run = try await TrainingRun(
      settings, data: data, folder: folder, choice: BackendChoice(matching: "cpu"),
      cadence: .init(checkpoint: 2, preview: 0))
    let error = await #expect(throws: TrainingDataError.self) {
      _ = try await run.run { _ in }
    }
    #expect(error?.code == .diverged, "\(error.map { "\($0)" } ?? "it did not diverge")")
    #expect(error?.remedy.contains("--learning-rate") == true)
    let state = try TrainingState(contentsOf: run.folder.lastState)
    #expect(state.step >= 2 && state.step % 2 == 0)
    #expect(error?.remedy.contains("the checkpoint of step \(state.step) is kept") == true)
    #expect(state.tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    _ = try BreakbeatGenerator(
      ModelFile(contentsOf: run.folder.lastModel), choice: BackendChoice(matching: "cpu"))
    #expect(TrainingReport.history(ofRun: folder).allSatisfy { $0.loss.isFinite })
  }
}
