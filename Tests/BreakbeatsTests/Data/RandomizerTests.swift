import BreakbeatTraining
import Foundation
import SpectralAudio
import Testing

@Suite("Randomizer")
struct RandomizerTests {
  @Test("an item is a function of source, seed and index", arguments: [0, 5, 77])
  func deterministic(index: Int) throws {
    let source = BreakSource.synthetic()
    let one = try LoopRandomizer([source], settings: .demo, seed: 7)
    let two = try LoopRandomizer([source], settings: .demo, seed: 7)
    _ = try two.loop(at: 3)
    #expect(try one.loop(at: index) == two.loop(at: index))
    #expect(one.text(at: index) == two.text(at: index))
    let other = try LoopRandomizer([source], settings: .demo, seed: 8)
    #expect(try one.loop(at: index) != other.loop(at: index))
    #expect(try one.loop(at: index) != one.loop(at: index + 1))
  }

  @Test(
    "loops have the exact length, full level and no seam",
    arguments: [SpectrogramSettings.tiny, .demo, .full, .full.withBars(4)])
  func shape(settings: SpectrogramSettings) throws {
    let randomizer = try LoopRandomizer([try RealBreaks.amen()], settings: settings, seed: 1)
    for index in 0..<12 {
      let loop = try randomizer.loop(at: index)
      #expect(loop.samples.count == settings.loopSampleCount)
      #expect(loop.sampleRate == settings.sampleRate)
      #expect(abs(loop.peak - 1) < 1e-5)
      #expect(loop.samples.allSatisfy { $0.isFinite })
      let jumps = zip(loop.samples, loop.samples.dropFirst()).map { abs($1 - $0) }.sorted()
      let seam = abs(loop.samples[0] - loop.samples[loop.samples.count - 1])
      #expect(seam <= jumps[jumps.count * 999 / 1000])
    }
  }

  @Test("without moves a loop is its break, on the grid")
  func plainLoopFollowsTheBreak() throws {
    let source = try RealBreaks.amen()
    let settings = SpectrogramSettings.full.withBars(4)
    let randomizer = try LoopRandomizer([source], settings: settings, recipe: .plain, seed: 1)
    let fitted = try source.waveform.resampledSamples(
      count: settings.loopSampleCount, isLoop: true)
    // The first bar is drawn at random: compare at the best of the four turns.
    let loop = smoothed(onsets(try randomizer.loop(at: 0).samples))
    let straight = smoothed(onsets(fitted))
    let best = (0..<4).map { bar in
      correlation(loop, Array(straight[(bar * 128)...] + straight[..<(bar * 128)]))
    }.max()
    let value = try #require(best)
    #expect(value > 0.8, "\(value)")
  }

  @Test("onsets of randomized loops lie on the grid")
  func onsetsOnTheGrid() throws {
    let settings = SpectrogramSettings.demo
    let source = try RealBreaks.amen()
    let randomizer = try LoopRandomizer([source], settings: settings, seed: 1)
    let sliced = try SlicedBreak(source, settings: settings)
    #expect(sliced.starts.enumerated().allSatisfy { abs($1 - $0 * 1024) <= 220 })
    var onGrid = 0.0
    var total = 0.0
    for index in 0..<16 {
      // Eight frames to a sixteenth; the two around each line hold the attack.
      for (frame, value) in onsets(try randomizer.loop(at: index).samples).enumerated() {
        total += value
        if [7, 0].contains(frame % 8) { onGrid += value }
      }
    }
    // Onsets anywhere would put a quarter there.
    #expect(onGrid / total > 0.75, "\(onGrid / total)")
  }

  @Test("most of the break is kept, every move is used")
  func moves() throws {
    let randomizer = try LoopRandomizer([.synthetic()], settings: .demo, seed: 1)
    let cells = (0..<400).flatMap { index in
      randomizer.text(at: index).split { " |".contains($0) }.dropFirst().map(String.init)
    }
    #expect(cells.count == 400 * 32)
    let plain = cells.filter { $0.count == 2 && $0 != "--" }.count
    #expect((0.6...0.85).contains(Double(plain) / Double(cells.count)))
    for mark in ["*2", "*3", "*4", "/", "r", "+5", "-12", ">", "~", "!", "--", "g", "C", "^"] {
      #expect(cells.contains { $0.contains(mark) }, "\(mark) is never used")
    }
  }

  @Test("settings off the grid and bad recipes are errors")
  func invalid() throws {
    var recipe = Recipe()
    recipe.roll = 1.5
    #expect(throws: TrainingDataError.self) {
      _ = try LoopRandomizer([.synthetic()], settings: .demo, recipe: recipe, seed: 1)
    }
    #expect(throws: TrainingDataError.self) {
      _ = try LoopRandomizer([.synthetic()], settings: .demo.withBars(0.7), seed: 1)
    }
    #expect(throws: TrainingDataError.self) {
      _ = try LoopRandomizer([], settings: .demo, seed: 1)
    }
    let partial = try JSONDecoder().decode(Recipe.self, from: Data(#"{"roll": 0.5}"#.utf8))
    #expect(partial.roll == 0.5 && partial.swap == Recipe().swap)
    #expect(throws: DecodingError.self) {
      _ = try JSONDecoder().decode(Recipe.self, from: Data(#"{"rol": 0.5}"#.utf8))
    }
  }

  @Test("recipes are read strictly, with the mistake and the nearest name")
  func recipeFiles() throws {
    let folder = try ScratchFolder()
    let cases: [(text: String, said: [String])] = [
      (#"{"rol": 0.5}"#, ["\"rol\"", "\"roll\""]), (#"{"haltTime": 0}"#, ["halfTime"]),
      (#"{"REVERSE": 0}"#, ["\"reverse\""]), (#"{"roll": 1.01}"#, ["roll", "1.01"]),
      (#"{"roll": -0.1}"#, ["-0.1"]), (#"{"roll": "often"}"#, ["roll is not a number"]),
      (#"{"roll": null}"#, ["roll"]), (#"{"roll": 0.1, "roll": 0.2}"#, ["roll", "twice"]),
      (#"{"roll": {"x": 1}}"#, ["roll"]), ("[0.5]", ["no JSON object"]), ("{", ["recipe"]),
      ("", ["recipe"]), (String(repeating: "[", count: 100_000), ["nested"]),
    ]
    for (text, said) in cases {
      let path = try folder.write("recipe.json", Array(text.utf8))
      let error = #expect(throws: TrainingDataError.self) { _ = try Recipe(contentsOf: path) }
      for word in said {
        #expect(error?.message.contains(word) == true, "\(text): \(error as Any)")
      }
      #expect(error?.message.contains("recipe.json") == true)
    }
    for path in [folder.path, "/dev/zero", folder("absent.json")] {
      #expect(throws: TrainingDataError.self) { _ = try Recipe(contentsOf: path) }
    }
    var recipe = Recipe()
    recipe.roll = 0.125
    #expect(try Recipe(contentsOf: folder.write("r.json", Array(recipe.json.utf8))) == recipe)
  }

  @Test("powers of two agree with the library's")
  func powers() {
    for step in -4000...4000 {
      let exponent = Double(step) * 0.0173
      #expect(abs(powerOfTwo(exponent) / exp2(exponent) - 1) < 5e-16)
    }
    #expect(powerOfTwo(0) == 1 && powerOfTwo(-1) == 0.5 && powerOfTwo(10) == 1024)
  }

  /// Rise of the log energy of sample differences between frames of 128, above 3 dB.
  private func onsets(_ samples: [Float]) -> [Double] {
    let frames = samples.count / 128
    let levels = (0..<frames).map { frame in
      log(
        (frame * 128..<frame * 128 + 128).reduce(1e-3) { sum, index in
          let difference = Double(samples[index] - samples[max(0, index - 1)])
          return sum + difference * difference
        })
    }
    return (0..<frames).map { frame in
      let rise = levels[frame] - levels[(frame + frames - 1) % frames]
      return rise > 0.7 ? rise : 0
    }
  }

  private func smoothed(_ values: [Double]) -> [Double] {
    values.indices.map { index in
      let (before, after) = ((index + values.count - 1) % values.count, (index + 1) % values.count)
      return values[index] + 0.5 * (values[before] + values[after])
    }
  }

  private func correlation(_ first: [Double], _ second: [Double]) -> Double {
    let (a, b) = (
      first.reduce(0, +) / Double(first.count), second.reduce(0, +) / Double(second.count)
    )
    var (cross, left, right) = (0.0, 0.0, 0.0)
    for (x, y) in zip(first, second) {
      cross += (x - a) * (y - b)
      left += (x - a) * (x - a)
      right += (y - b) * (y - b)
    }
    return cross / (left * right).squareRoot()
  }
}
