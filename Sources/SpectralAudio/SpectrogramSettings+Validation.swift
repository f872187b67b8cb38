extension SpectrogramSettings {
  /// Checks settings that came from a file or a person.
  ///
  /// - Throws: ``SpectralAudioError`` naming the first field that is out of range, its value and
  ///   the range. Settings that pass cannot overflow any size computed from them.
  public func validate() throws(SpectralAudioError) {
    try check("sampleRate", sampleRate, 1_000...768_000)
    try check("fftSize", fftSize, 16...65_536)
    if fftSize % 2 != 0 { throw invalid("fftSize is \(fftSize)", "it must be even") }
    try check("windowSize", windowSize, 2...fftSize)
    if windowSize % 2 != 0 { throw invalid("windowSize is \(windowSize)", "it must be even") }
    try check("hop", hop, 1...65_536)
    try check("frames", frames, 1...65_536)
    try check("bands", bands, 1...4_096)
    try check("minimumFrequency", minimumFrequency, 0...sampleRate / 2)
    try check("maximumFrequency", maximumFrequency, 0...sampleRate / 2)
    if minimumFrequency >= maximumFrequency {
      throw invalid(
        "minimumFrequency \(minimumFrequency) is not below maximumFrequency \(maximumFrequency)",
        "choose a range of frequencies that is not empty")
    }
    try check("dynamicRange", dynamicRange, 1...400)
    try check("referenceLevel", referenceLevel, -400...400)
    try check("bars", bars, 0.0625...256)
    if frames * binCount > 1 << 27 {
      throw invalid(
        "frames \(frames) x bins \(binCount) is a spectrum of \(frames * binCount) numbers",
        "it must have at most \(1 << 27)")
    }
    if loopSampleCount < windowSize || loopSampleCount > 1 << 26 {
      throw invalid(
        "frames \(frames) x hop \(hop) is a loop of \(loopSampleCount) samples",
        "it must have at least one window (\(windowSize)) and at most \(1 << 26) samples")
    }
  }

  private func check<Value: Comparable>(
    _ name: String, _ value: Value, _ range: ClosedRange<Value>
  ) throws(SpectralAudioError) {
    guard range.contains(value) else {
      throw invalid(
        "\(name) is \(value)", "it must lie in \(range.lowerBound)...\(range.upperBound)")
    }
  }

  private func invalid(_ what: String, _ remedy: String) -> SpectralAudioError {
    SpectralAudioError(
      code: .invalidSettings, message: "spectrogram settings: \(what)", remedy: remedy)
  }
}
