public import ArgumentParser
import Breakbeats
public import BreakbeatTraining
import SpectralAudio

/// `--format`, `--wav-format` and `--sample-rate`: how loops are written.
struct LoopFileOptions: ParsableArguments {
  @Option(help: "Format of the files; wav has loop and tempo chunks for samplers, ogg is Vorbis.")
  var format: LoopFile.Container = .wav

  @Option(help: "Samples of wav and flac files; flac has no float32.")
  var wavFormat: WaveFile.SampleFormat = .pcm16

  @Option(help: "Sample rate of the files. (default: the model's)")
  var sampleRate: Double?

  func validate() throws {
    try checkSampleRate(sampleRate)
    try format.check(wavFormat, for: "--format \(format.rawValue)")
    try format.check(rate: sampleRate, for: "--format \(format.rawValue)")
  }

  /// A loop that a file is written of.
  struct Written {
    /// The whole path.
    var path: String
    /// The file's own tempo, which its sample rate and number of samples give.
    var beatsPerMinute: Double
  }

  /// Writes a loop to the path, without its extension, that the file's tempo gives.
  func write(
    _ loop: Waveform, bars: Double, to stem: (_ beatsPerMinute: Double) -> String
  ) throws -> Written {
    let sound = try loop.loopOfFile(atRate: sampleRate)
    let beatsPerMinute = WaveFile.beatsPerMinute(of: sound, bars: bars)
    let path = "\(stem(beatsPerMinute)).\(format.fileExtension)"
    try LoopFile.write(sound, to: path, bars: bars, container: format, format: wavFormat)
    return Written(path: path, beatsPerMinute: beatsPerMinute)
  }
}

/// Refuses a `--sample-rate` that headers of files have no number for.
func checkSampleRate(_ rate: Double?) throws {
  if let rate, !(1000...384_000).contains(rate) || rate != rate.rounded() {
    throw ValidationError(
      "--sample-rate \(rate.shortest): whole numbers from 1000 to 384000 are possible.")
  }
}

/// `--bpm` and `--iterations`: how pictures become sound.
struct SynthesisOptions: ParsableArguments {
  @Option(help: "Tempo at constant pitch. (default: the model's)")
  var bpm: Double?

  @Option(help: "Iterations of phase retrieval.")
  var iterations = 32

  func validate() throws {
    if let bpm, !(20...1000).contains(bpm) {
      throw ValidationError("--bpm \(bpm): 20 to 1000 are possible.")
    }
    guard (0...10_000).contains(iterations) else {
      throw ValidationError("--iterations \(iterations): 0 to 10000 are possible.")
    }
  }
}

/// What is known of source files: `--bars-in-source`, `--source-bpm`, `--downbeat`.
struct SourceTempoOptions: ParsableArguments {
  @Option(help: "Bars of each audio file. (default: from its name or sound)")
  var barsInSource: Double?

  @Option(help: "Tempo of each audio file. (default: from its name or sound)")
  var sourceBpm: Double?

  @Option(
    help: "Seconds before the first bar of each audio file. (default: from its name or sound)")
  var downbeat: Double?
}

extension LoopFile.Container: ExpressibleByArgument {}

extension LoopFile.Container {
  /// Refuses samples that files of this kind do not hold, naming the option that asks for the kind.
  func check(_ format: WaveFile.SampleFormat, for choice: String) throws {
    guard holds(format) else {
      let possible = self == .flac ? "pcm16 and pcm24 are possible" : "leave it out"
      throw ValidationError("--wav-format \(format.rawValue) for \(choice): \(possible).")
    }
  }

  /// Refuses a sample rate that files of this kind cannot have, likewise.
  func check(rate: Double?, for choice: String) throws {
    guard let rate, !holds(sampleRate: rate) else { return }
    let possible = self == .flac ? "to 65535 and multiples of 10 beyond" : "to 200000"
    throw ValidationError(
      "--sample-rate \(Int(rate.rounded())) for \(choice): 1000 \(possible) are possible.")
  }
}
