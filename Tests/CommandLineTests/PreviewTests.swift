import Foundation
import Testing

/// Previews and the page of a run.
@Suite struct PreviewTests {
  @Test func aPreviewIsWhatSampleDraws() throws {
    let folder = try TrainingFolder()
    let training = try CommandRunner.run(
      CommandRunner.program,
      [
        "train", "breaks.vamen", "--out", "run", "--preset", "tiny", "--steps", "8",
        "--batch-size", "4", "--checkpoint-every", "4", "--preview-every", "4", "--device", "cpu",
        "--seed", "3",
      ], in: folder.runner.folder)
    #expect(training.status == 0, "\(training.errors)")
    // Memory and time are said before the first step.
    let plan = try #require(training.errors.range(of: "an epoch of 5 steps"))
    let first = try #require(training.errors.range(of: "step 1/8"))
    #expect(plan.lowerBound < first.lowerBound)

    for step in ["000004", "000008"] {
      let sampling = try folder.runner.vamen(
        "sample", "run/checkpoints/step-\(step).safetensors", "--seed", "7", "--count", "8",
        "--out", "loops-\(step)", "--device", "cpu", "--json")
      #expect(sampling.status == 0, "\(sampling.errors)")
      let loops = folder.runner.names(in: "loops-\(step)").filter { $0.hasSuffix(".wav") }
      #expect(loops.count == 8)
      for (index, name) in loops.prefix(4).enumerated() {
        #expect(
          FileManager.default.contentsEqual(
            atPath: folder.runner.path("loops-\(step)/\(name)"),
            andPath: folder.runner.path("run/previews/step-\(step)/\(index).wav")), "\(name)")
      }
    }
    #expect(
      !FileManager.default.contentsEqual(
        atPath: folder.runner.path("run/previews/step-000004/0.wav"),
        andPath: folder.runner.path("run/previews/step-000008/0.wav")))
    // The clips are the same every time, what the model makes of them is not.
    for (name, isSame) in [("clip-0.wav", true), ("clip-0-reconstructed.wav", false)] {
      #expect(
        FileManager.default.contentsEqual(
          atPath: folder.runner.path("run/previews/step-000004/\(name)"),
          andPath: folder.runner.path("run/previews/step-000008/\(name)")) == isSame, "\(name)")
    }
    let page = folder.text("run/index.html")
    #expect(page.contains("Step 8") || page.contains("step 8"))
    #expect(page.contains("previews/step-000004/grid.png"))
    #expect(page.components(separatedBy: "<audio").count > 8)
    #expect(!page.contains("src=\"http") && page.hasSuffix("</html>\n"))
  }
}
