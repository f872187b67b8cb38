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
    #expect(state.tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    _ = try BreakbeatGenerator(
      ModelFile(contentsOf: run.folder.lastModel), choice: BackendChoice(matching: "cpu"))
    #expect(TrainingReport.history(ofRun: folder).allSatisfy { $0.loss.isFinite })
  }
}
