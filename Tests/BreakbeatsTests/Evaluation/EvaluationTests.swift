import BreakbeatTraining
import Breakbeats
import Foundation
import SpectralAudio
import Tensors
import Testing

/// The whole card, of a model that has hardly been trained.
@Suite struct EvaluationTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func dataset(_ count: Int, heldOut: Double) async throws -> BreakbeatDataset {
    let path = folder("breaks.vamen")
    try await DatasetPreparation(
      settings: BreakbeatVAE.Preset.tiny.configuration.spectrogram, count: count, seed: 1,
      heldOutFraction: heldOut
    ).write([.synthetic()], to: path)
    return try BreakbeatDataset(contentsOf: path)
  }

  private func model(_ data: BreakbeatDataset) async throws -> String {
    var settings = TrainingSettings(.tiny, steps: 4, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 8
    let trainer = try Trainer(settings, data: data, choice: BackendChoice(matching: "cpu"))
    for _ in 0..<4 { _ = try await trainer.takeStep() }
    let path = folder("model.safetensors")
    try await trainer.writeModel(to: path)
    return path
  }

  /// Half a bar of eight frames a sixteenth: what leads into the one belongs to it.
  @Test func theEndOfALoopIsNextToItsStart() {
    var values = [Double](repeating: 0, count: 64)
    values[62] = 1
    let curve = OnsetCurve(values: values, framesPerSixteenth: 8)
    #expect(curve.bar == [1] + [Double](repeating: 0, count: 15))
    #expect(curve.offbeatShare == 0)
  }

  @Test func referencesSayWhatTheNumbersMean() async throws {
    let data = try await dataset(60, heldOut: 0.4)
    let evaluation = try Evaluation(model: try await model(data), data: data, count: 24)
    let choice = try BackendChoice(matching: "cpu")
    let card = try evaluation.run(on: choice)
    #expect(card.rows.map(\.name) == ["drawn", "held out", "held out, round trip", "memorised"])
    #expect(card.rows.map(\.count) == [24, 24, 24, 24])
    let (drawn, heldOut, trip, copies) = (card.rows[0], card.rows[1], card.rows[2], card.rows[3])
    // Held-out loops are the measure of themselves; copies are not new and reach everything.
    #expect(heldOut.novelty == 1 && heldOut.diversity == 1)
    #expect(copies.novelty == 0 && copies.coverage == 1)
    for view in [\EvaluationCard.Row.timbre, \.grid, \.onset] {
      // The same points on both sides, of which only one counts itself.
      #expect(copies[keyPath: view].value < 0)
      #expect(abs(heldOut[keyPath: view].value) < 8 * heldOut[keyPath: view].standardError)
    }
    // Four steps of training draw nothing like a break.
    #expect(drawn.timbre.value > heldOut.timbre.value + 3 * heldOut.timbre.standardError)
    #expect(drawn.coverage < heldOut.coverage && (drawn.novelty ?? 0) > 0.5)
    #expect(try #require(heldOut.onGrid) > 0.5 && #require(heldOut.seam) < 2)
    #expect(try #require(trip.onGrid) > 0.4)

    let (through, without) = (card.reconstructions[0], card.reconstructions[1])
    #expect(without.spectralConvergence < through.spectralConvergence - 3)
    #expect(without.logMagnitudeDistance < through.logMagnitudeDistance)
    #expect(card.latents.divergences.count == 32 && card.latents.divergence > 0)
    #expect(card.nearest.count == 8 && card.millisecondsPerLoop > 0)
    #expect(card.nearest.allSatisfy { data.trainingIndices.contains($0.item) })
    #expect(card.text.contains("held out, round trip") && card.text.contains("column 4"))
    #expect(card.remarks.isEmpty, "\(card.remarks)")

    let again = try evaluation.run(on: choice)
    #expect(again.rows == card.rows && again.nearest == card.nearest)

    let out = folder("card")
    // Of an earlier card, and of somebody else.
    let others = ["0-drawn-1x.wav", "0-item-3.txt", "1-drawn-.png", "kept.wav", "my-item-3.png"]
    try FileManager.default.createDirectory(
      atPath: out + "/nearest/5-drawn-1000003.wav", withIntermediateDirectories: true)
    for name in ["0-drawn-1000003.wav", "12-item-1000003.png"] + others {
      try folder.write("card/nearest/\(name)", [1])
    }
    try evaluation.write(card, to: out, on: choice)
    let names = try FileManager.default.contentsOfDirectory(atPath: out + "/nearest").sorted()
    let kept = others + ["5-drawn-1000003.wav"]
    let pairs = names.filter { !kept.contains($0) }
    #expect(pairs.count == 32 && names.count == 32 + kept.count, "\(names)")
    #expect(pairs[0].hasPrefix("0-drawn-") && !pairs.contains { $0.contains("1000003") })
    #expect(EvaluationCard.ofRun(out) == card)
    let page = out + "/evaluation.html"
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("id=\"evaluation\"") && !html.contains("http"))
    // A card in a page is replaced, not repeated.
    #expect(try card.insert(intoPage: page))
    #expect(try String(contentsOfFile: page, encoding: .utf8) == html)
  }

  /// Few held-out loops beside many drawn ones: the coverage of every row is that of as many.
  @Test func coverageIsByEquallyManyLoopsOfEachRow() async throws {
    let data = try await dataset(60, heldOut: 0.2)
    let evaluation = try Evaluation(
      model: try await model(data), data: data, count: 40, iterations: 2)
    let card = try evaluation.run(on: BackendChoice(matching: "cpu"))
    let least = data.heldOutIndices.count
    #expect(card.rows.map(\.count) == [40, least, least, 40])
    #expect(card.coveringCount == least && least < 40)
    #expect(card.text.contains("coverage by \(least) of each"), "\(card.text)")
    // A training loop is reached by itself and its five neighbours, and not by each choice of copies.
    var missed = 1.0
    for index in 0..<6 { missed *= Double(40 - least - index) / Double(40 - index) }
    let copied = card.rows[3].coverage
    #expect(copied < 1 && copied > 1 - missed - 1e-9, "\(copied), \(missed)")
  }

  /// The file is cut while loops are drawn: held-out pictures can no longer be read.
  @Test func aFileThatIsCutMeanwhileIsAnError() async throws {
    let data = try await dataset(20, heldOut: 0.3)
    let evaluation = try Evaluation(
      model: try await model(data), data: data, count: 4, iterations: 1)
    let path = data.path
    let choice = try BackendChoice(matching: "cpu")
    let error = #expect(throws: TrainingDataError.self) {
      try evaluation.run(on: choice, progress: { _, _ in _ = truncate(path, 5000) })
    }
    #expect(error?.code == .datasetChanged, "\(String(describing: error))")
  }

  @Test func whatCannotBeComparedIsRefused() async throws {
    let all = try await dataset(20, heldOut: 0)
    let path = try await model(all)
    let error = #expect(throws: TrainingDataError.self) { try Evaluation(model: path, data: all) }
    #expect(error?.description.contains("--holdout") == true, "\(String(describing: error))")
    let other = try await TestData.pictures(.demo, count: 60)
    #expect(throws: TrainingDataError.self) { try Evaluation(model: path, data: other) }
    let larger = try await dataset(60, heldOut: 0.4)
    // Another reference level: brightness means something else.
    let level = #expect(throws: TrainingDataError.self) {
      try Evaluation(model: path, data: larger, count: 4)
    }
    let text = try #require(level).description
    for part in [
      "\(larger.settings.referenceLevel) dB", "\(all.settings.referenceLevel) dB",
      "measured from the first loops", "give the data set that the model was trained on",
    ] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(!text.contains("prepared like"))
    let own = try await model(larger)
    #expect(throws: TrainingDataError.self) {
      try Evaluation(model: own, data: larger, count: 2)
    }
    // The same loops, others of them held out: possible, and said.
    let parted = try await dataset(60, heldOut: 0.3)
    let card = try Evaluation(model: own, data: parted, count: 4, iterations: 2)
      .run(on: BackendChoice(matching: "cpu"))
    #expect(card.remarks.contains { $0.contains("another data set") }, "\(card.remarks)")
  }
}
