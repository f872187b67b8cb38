internal import Breakbeats
import CSamplerate
public import SpectralAudio

extension Waveform {
  /// The same sound at another sample rate, by libsamplerate's best sinc filter.
  ///
  /// - Parameter isLoop: whether the last sample is followed by the first; the seam stays closed.
  public func resampled(
    toRate rate: Double, isLoop: Bool = false
  ) throws(TrainingDataError) -> Waveform {
    if rate == sampleRate { return self }
    let count = max(1, Int((Double(samples.count) * rate / sampleRate).rounded()))
    return Waveform(
      samples: try resampledSamples(count: count, isLoop: isLoop), sampleRate: rate)
  }

  /// A loop as its file holds it: at the file's sample rate, if that is another, and scaled down to a
  /// peak of 1 if it is louder then, for a filter overshoots.
  package func loopOfFile(atRate rate: Double?) throws(TrainingDataError) -> Waveform {
    guard let rate else { return limited() }
    return try resampled(toRate: rate, isLoop: true).limited()
  }

  /// The samples stretched or squeezed to a given number of them; pitch moves with tempo.
  public func resampledSamples(
    count: Int, isLoop: Bool
  ) throws(TrainingDataError) -> [Float] {
    precondition(count > 0, "Waveform: resampling to \(count) samples")
    guard !samples.isEmpty else { return [Float](repeating: 0, count: count) }
    if count == samples.count { return samples }
    let ratio = Double(count) / Double(samples.count)
    guard ratio > 1.0 / 250, ratio < 250 else {
      throw TrainingDataError(
        .resources, "resampling by a factor of \(ratio)", remedy: "use a rate closer to the source")
    }
    let padding = isLoop ? Self.loopPadding(ratio) : 0
    var input = samples
    if padding > 0 {
      let length = samples.count
      let before = (0..<padding).map { samples[(length - 1 - $0 % length)] }.reversed()
      let after = (0..<padding).map { samples[$0 % length] }
      input = before + samples + after
    }
    let skipped = Int((Double(padding) * ratio).rounded())
    let wanted = skipped + count
    var output = [Float](repeating: 0, count: wanted + 1024)
    try Self.convert(input, to: &output, ratio: ratio)
    return Array(output[skipped..<wanted])
  }

  /// Samples to repeat before and after a loop: more than the filter reaches, and so many that the
  /// loop's start falls on a sample of the output.
  private static func loopPadding(_ ratio: Double) -> Int {
    let least = Int((256 / min(1, ratio)).rounded())
    func distance(_ padding: Int) -> Double {
      let position = Double(padding) * ratio
      return abs(position - position.rounded())
    }
    return (least..<least + 1000).min { distance($0) < distance($1) } ?? least
  }

  /// Runs libsamplerate over a whole input; samples it does not reach stay 0.
  private static func convert(
    _ input: [Float], to output: inout [Float], ratio: Double
  ) throws(TrainingDataError) {
    let status = input.withUnsafeBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        var data = SRC_DATA()
        data.data_in = source.baseAddress
        data.data_out = target.baseAddress
        data.input_frames = source.count
        data.output_frames = target.count
        data.src_ratio = ratio
        return src_simple(&data, Int32(SRC_SINC_BEST_QUALITY), 1)
      }
    }
    guard status == 0 else {
      throw TrainingDataError(
        .resources, "resampling: \(String(cString: src_strerror(status)))",
        remedy: "use a shorter file")
    }
  }
}
