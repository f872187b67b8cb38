import Breakbeats
import NeuralNetworks
import SpectralAudio
import Tensors
import Testing

@Suite struct GeneratorTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// A fresh `tiny` model on disk.
  private func modelFile(latents: LatentGaussian? = nil) throws -> String {
    let path = folder("model.safetensors")
    let parameters = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
    _ = try BreakbeatVAE(.tiny, parameters)
    try ModelFile.write(
      .tiny, variables: parameters.variables, latents: latents,
      provenance: ["step": "12", "data set": "breaks.vamen"], to: path)
    return path
  }

  @Test func modelFileRoundTrips() throws {
    let gaussian = LatentGaussian(
      mean: (0..<32).map { Float($0) / 7 }, factor: (0..<1024).map { Float($0 % 5) })
    let path = try modelFile(latents: gaussian)
    let file = try ModelFile(contentsOf: path)
    #expect(file.configuration == .tiny)
    #expect(file.latents == gaussian)
    #expect(file.provenance == ["step": "12", "data set": "breaks.vamen"])

    let original = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
    _ = try BreakbeatVAE(.tiny, original)
    let loaded = Parameters(from: file.parameters, on: CPUBackend())
    _ = try BreakbeatVAE(file.configuration, loaded)
    try loaded.validate()
    for (a, b) in zip(original.variables, loaded.variables) {
      #expect(a.name == b.name)
      #expect(try a.values() == b.values())
    }
  }

  @Test func loopsDependOnSeedAndIndexOnly() async throws {
    let generator = try BreakbeatGenerator(contentsOf: modelFile(), device: "cpu")
    let many = try await generator.loops(count: 10, seed: 7, iterations: 2)
    let few = try await generator.loops(count: 1, seed: 7, iterations: 2)
    #expect(many.count == 10)
    #expect(many[0] == few[0])
    #expect(Set(many).count == 10)
    #expect(many[0].samples.count == 64 * 128)
    #expect(many[0].sampleRate == 10_000)
    #expect(many.allSatisfy { $0.samples.allSatisfy { $0.isFinite } && $0.peak <= 1 })

    let later = try await generator.draw(count: 2, seed: 7, firstIndex: 8, iterations: 2)
    #expect(later.map(\.sound) == Array(many[8...]))

    let latents = try generator.sampledLatents(count: 10, seed: 7)
    #expect(later.map(\.latents) == Array(latents[8...]))
    let last = try await generator.decode([latents[9]])
    let all = try await generator.decode(latents)
    #expect(last[0] == all[9])
  }

  @Test func drawingIsDecodingAndInvertingInOneProgram() async throws {
    let generator = try BreakbeatGenerator(contentsOf: modelFile(), device: "cpu")
    let drawn = try await generator.draw(count: 2, seed: 7, iterations: 2)
    let pictures = try await generator.spectrograms(count: 2, seed: 7)
    let loops = try await generator.loops(of: pictures, iterations: 2)
    #expect(drawn.map(\.picture) == pictures)
    #expect(drawn.map(\.sound) == loops)
    #expect(try await generator.loops(count: 2, seed: 7, iterations: 2) == loops)
  }

  @Test func tempoChangesTheLength() async throws {
    let generator = try BreakbeatGenerator(contentsOf: modelFile(), device: "cpu")
    let loops = try await generator.loops(
      count: 1, seed: 1, bpm: 160, iterations: 1)
    #expect(loops[0].samples.count == 64 * 117)
    #expect(abs(try generator.beatsPerMinute(nearestTo: 160) - 146.484_375 * 128 / 117) < 1e-9)
    #expect(throws: BreakbeatError.self) { try generator.beatsPerMinute(nearestTo: 1000) }
    #expect(throws: BreakbeatError.self) { try generator.beatsPerMinute(nearestTo: .nan) }
  }

  @Test func encodingGivesLatentsForEachPicture() async throws {
    let generator = try BreakbeatGenerator(contentsOf: modelFile(), device: "cpu")
    let pictures = try await generator.spectrograms(count: 2, seed: 1)
    let latents = try await generator.encode(pictures)
    #expect(latents.map(\.count) == [32, 32])
    #expect(latents[0] != latents[1])
    let wrong = SpectrogramImage(bands: 2, frames: 2, levels: [0, 0, 0, 0])
    await #expect(throws: BreakbeatError.self) { try await generator.encode([wrong]) }
  }

  @Test func impossibleRequestsAreRefused() throws {
    let generator = try BreakbeatGenerator(contentsOf: modelFile(), device: "cpu")
    #expect(throws: BreakbeatError.self) { try generator.sampledLatents(count: -1, seed: 1) }
    #expect(throws: BreakbeatError.self) {
      try generator.sampledLatents(count: 1, seed: 1, temperature: .nan)
    }
    #expect(throws: BreakbeatError.self) {
      try generator.sampledLatents(count: 1, seed: 1, truncation: 0)
    }
    #expect(throws: BreakbeatError.self) {
      try generator.sampledLatents(count: 1, seed: 1, firstIndex: -1)
    }
    #expect(try generator.sampledLatents(count: 0, seed: 1).isEmpty)
  }

  @Test(arguments: [
    ("vamen.format", "2", "newer"), ("vamen.format", "x", "not that of a model"),
    ("vamen.configuration", "{}", "missing"), ("vamen.configuration", "[[", "damaged"),
    ("vamen.configuration", nil, "damaged"), ("vamen.format", nil, "no vamen.format"),
  ])
  func foreignFilesAreRefused(_ key: String, _ value: String?, _ reason: String) throws {
    let path = folder("foreign.safetensors")
    var metadata = ["vamen.format": "1", "vamen.configuration": try exampleJSON()]
    metadata[key] = value
    try SafetensorsFile.write([], metadata: metadata, to: path)
    #expect {
      try ModelFile(contentsOf: path)
    } throws: { error in
      "\(error)".contains(path) && "\(error)".contains(reason)
    }
  }

  private func exampleJSON() throws -> String { try BreakbeatVAE.Configuration.tiny.json() }

  @Test func filesWithoutParametersAreRefused() throws {
    let path = folder("empty.safetensors")
    try SafetensorsFile.write(
      [], metadata: ["vamen.format": "1", "vamen.configuration": exampleJSON()], to: path)
    #expect {
      try BreakbeatGenerator(contentsOf: path, device: "cpu")
    } throws: { error in
      "\(error)".contains(".weight: missing, [") && "\(error)".contains("more")
    }
  }

  @Test func missingFilesAreNamed() {
    let path = folder("nothing.safetensors")
    #expect {
      try BreakbeatGenerator(contentsOf: path)
    } throws: {
      "\($0)".contains(path)
    }
  }
}
