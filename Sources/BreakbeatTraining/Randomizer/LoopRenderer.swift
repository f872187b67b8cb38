/// Plays the steps of a loop with the slices of a break.
///
/// The output is periodic: what fades in before the first sample fades in at the loop's end. Every
/// piece starts 2 ms early on a linear fade, while the one before fades out, so that two slices
/// that follow each other in the break join without a trace.
struct LoopRenderer: Sendable {
  let source: SlicedBreak
  let sampleCount: Int
  let stepCount: Int
  private let interpolator = SincInterpolator()

  init(source: SlicedBreak, sampleCount: Int, stepCount: Int) {
    self.source = source
    self.sampleCount = sampleCount
    self.stepCount = stepCount
  }

  /// The bytes of its samples.
  var byteCount: Int { source.samples.count * MemoryLayout<Float>.stride }

  /// The loop, with its largest sample at ±1 unless it is silent.
  func samples(for steps: [LoopStep]) -> [Float] {
    precondition(steps.count == stepCount, "LoopRenderer: \(steps.count) of \(stepCount) steps")
    var output = [Float](repeating: 0, count: sampleCount)
    for (index, step) in steps.enumerated() { play(step, at: index, into: &output) }
    let peak = output.reduce(0) { max($0, abs($1)) }
    if peak > 0 {
      let scale = 1 / peak
      for index in output.indices { output[index] *= scale }
    }
    return output
  }

  private func play(_ step: LoopStep, at index: Int, into output: inout [Float]) {
    let hits = Double(step.slices.count)
    for (hit, slice) in step.slices.enumerated() {
      // Pitch slides over the whole step, also through the hits of a roll.
      let slide = step.endSemitones - step.semitones
      var piece = LoopPiece(slice: slice)
      piece.start = Double(index) + Double(hit) / hits
      piece.length = 1 / hits
      piece.offset = step.offset
      piece.semitones = step.semitones + slide * Double(hit) / hits
      piece.endSemitones = step.semitones + slide * Double(hit + 1) / hits
      piece.isReversed = step.isReversed
      piece.decibels = step.decibels
      play(piece, into: &output)
    }
    if let level = step.ghost {
      var piece = LoopPiece(slice: source.snare)
      piece.start = Double(index)
      piece.decibels = level
      play(piece, into: &output)
    }
    if let level = step.crash {
      var piece = LoopPiece(slice: source.crash)
      piece.start = Double(index)
      piece.length = min(4, Double(stepCount))
      piece.decibels = level
      play(piece, into: &output)
    }
  }

  private func play(_ piece: LoopPiece, into output: inout [Float]) {
    let sixteenth = Double(sampleCount) / Double(stepCount)
    let begin = Int((piece.start * sixteenth).rounded())
    let end = Int(((piece.start + piece.length) * sixteenth).rounded())
    let fade = max(1, min(Int(0.002 * source.sampleRate), (end - begin) / 4))
    let length = Double(end - begin)
    let gain = Float(powerOfTwo(piece.decibels / 20 * 3.321_928_094_887_362))
    let anchor =
      Double(source.starts[piece.slice])
      + (piece.offset * source.samplesPerSixteenth).rounded()
    let isCopy = piece.semitones == 0 && piece.endSemitones == 0
    var speed = powerOfTwo(piece.semitones / 12)
    // The same factor every sample is a straight line in semitones.
    let factor = powerOfTwo((piece.endSemitones - piece.semitones) / 12 / max(1, length))
    var travelled = -Double(fade) * speed
    source.samples.withUnsafeBufferPointer { loop in
      for time in begin - fade..<end {
        let position = piece.isReversed ? anchor + length - travelled : anchor + travelled
        var value: Float
        if isCopy {
          let at = Int(position) % loop.count
          value = loop[at < 0 ? at + loop.count : at]
        } else {
          value = interpolator.value(of: loop, at: position, speed: speed)
        }
        if time < begin { value *= Float(time - begin + fade) / Float(fade) }
        if time >= end - fade { value *= Float(end - time) / Float(fade) }
        let index = ((time % sampleCount) + sampleCount) % sampleCount
        output[index] += value * gain
        travelled += speed
        if time >= begin { speed *= factor }
      }
    }
  }
}

/// One stretch of one slice, placed on the loop; times in sixteenths.
struct LoopPiece {
  var slice: Int
  var start = 0.0
  var length = 1.0
  var offset = 0.0
  var semitones = 0.0
  var endSemitones = 0.0
  var isReversed = false
  var decibels = 0.0

  init(slice: Int) { self.slice = slice }
}
