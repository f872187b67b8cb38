import BreakbeatTraining
import Breakbeats
import Foundation
import Synchronization
import Tensors
import Testing
import VulkanCompute
import VulkanProbe

/// A device that is lost in the middle of a run: once is survived, twice is reported.
@Suite(.serialized, .opensDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
struct LostDeviceTests {
  private static let lost: Int32 = -4

  private static func open() throws -> BackendChoice {
    let description = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.entryPoint = {
      guard let entry = vulkan_probe_entry() else { preconditionFailure("no Vulkan loader") }
      return entry
    }
    options.verification.shuffleSeed = nil
    vulkan_probe_reset()
    return BackendChoice(
      VulkanBackend(try Device(matching: description, options: options)), reason: "tested")
  }

  private func settings(_ data: BreakbeatDataset) -> TrainingSettings {
    var settings = TrainingSettings(.tiny, steps: 6, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 2
    return settings
  }

  /// Trains, and makes the device be lost after some steps; what was said, and the state at the end.
  private func train(
    losses: [Int], reopen: (@Sendable () throws -> BackendChoice)? = { try Self.open() }
  ) async throws -> (notes: [String], state: TrainingState) {
    _ = try #require(vulkan_probe_entry())
    let data = try await TestData.pictures(.tiny, count: 12)
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "lost-\(UUID().uuidString)").path
    defer {
      try? FileManager.default.removeItem(atPath: folder)
      vulkan_probe_reset()
    }
    let run = try await TrainingRun(
      settings(data), data: data, folder: folder, choice: Self.open(),
      cadence: .init(checkpoint: 2, preview: 0), reopen: reopen)
    var notes: [String] = []
    var left = losses
    do {
      _ = try await run.run(note: { notes.append($0) }) { report in
        guard report.step == left.first else { return }
        left.removeFirst()
        vulkan_probe_fail(nil, 0, Self.lost)
      }
    } catch let error as TrainingDataError {
      #expect(error.code == .deviceLost)
      notes.append("\(error)")
    }
    return (notes, try TrainingState(contentsOf: run.folder.lastState))
  }

  @Test func onceIsSurvived() async throws {
    let undisturbed = try await train(losses: [])
    #expect(undisturbed.notes.isEmpty && undisturbed.state.step == 6)
    let disturbed = try await train(losses: [3])
    #expect(disturbed.notes.count == 2, "\(disturbed.notes)")
    #expect(disturbed.notes.last?.contains("from step 2") == true, "\(disturbed.notes)")
    #expect(disturbed.state.step == 6)
    for (a, b) in zip(disturbed.state.tensors, undisturbed.state.tensors) {
      #expect(a.values.map(\.bitPattern) == b.values.map(\.bitPattern), "\(a.name)")
    }
  }

  @Test func twiceIsReported() async throws {
    let (notes, state) = try await train(losses: [3, 5])
    #expect(notes.last?.contains("lost twice") == true, "\(notes)")
    #expect(notes.last?.contains("--submission-milliseconds") == true, "\(notes)")
    #expect(state.step == 4)
  }

  @Test func withoutAWayToOpenItAgainOnceIsReported() async throws {
    let (notes, state) = try await train(losses: [3], reopen: nil)
    #expect(notes.count == 1 && notes[0].contains("the device was lost"), "\(notes)")
    #expect(state.step == 2)
  }

  /// Where the card is gone and the CPU is all there is, nobody asked for the CPU's numbers.
  @Test func anotherDeviceIsNoReplacement() async throws {
    let (notes, state) = try await train(losses: [3]) { try BackendChoice(matching: "cpu") }
    #expect(notes.last?.contains("found only CPU") == true, "\(notes)")
    #expect(notes.last?.contains("--device") == true && state.step == 2, "\(notes)")
  }

  @Test func aDeviceThatCannotBeOpenedAgainIsReported() async throws {
    let (notes, state) = try await train(losses: [3]) {
      throw TensorError(.device, "no such card")
    }
    #expect(notes.last?.contains("the device was lost: ") == true, "\(notes)")
    #expect(notes.last?.contains("opened again: no such card") == true, "\(notes)")
    #expect(state.step == 2)
  }
}
