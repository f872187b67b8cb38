import Tensors

/// Decides what each sixteenth of a loop plays: the moves of jungle, in a fixed order.
struct LoopPlanner {
  let recipe: Recipe
  /// Sixteenths of the break.
  let sliceCount: Int
  /// Sixteenths of the loop.
  let stepCount: Int

  private var random: PhiloxStream
  private var steps: [LoopStep] = []
  private var intensity = 1.0

  init(recipe: Recipe, sliceCount: Int, stepCount: Int, random: PhiloxStream) {
    self.recipe = recipe
    self.sliceCount = sliceCount
    self.stepCount = stepCount
    self.random = random
  }

  /// The steps of the loop; the same numbers give the same steps.
  static func steps(
    recipe: Recipe, sliceCount: Int, stepCount: Int, random: PhiloxStream
  ) -> [LoopStep] {
    var planner = LoopPlanner(
      recipe: recipe, sliceCount: sliceCount, stepCount: stepCount, random: random)
    planner.layOutBars()
    guard !planner.random.bool(probability: recipe.intact) else { return planner.steps }
    planner.intensity = planner.random.uniform(in: 0.25..<1.5)
    planner.changeTime()
    planner.swapSlices()
    planner.retrigger()
    planner.rollAndReverse()
    planner.bendPitch()
    planner.dropAndAccent()
    planner.addGhosts()
    planner.addCrash()
    return planner.steps
  }

  private var barCount: Int { max(1, sliceCount / 16) }

  private mutating func happens(_ probability: Double) -> Bool {
    random.bool(probability: min(1, probability * intensity))
  }

  /// A slice by bar and position in the bar, around the break's end.
  private func slice(bar: Int, position: Int) -> Int {
    (bar * 16 + position) % sliceCount
  }

  /// Chooses the bars, and now and then their second halves.
  private mutating func layOutBars() {
    let first = random.integer(below: barCount)
    let shift =
      stepCount < 16 && 16 % stepCount == 0
      ? stepCount * random.integer(below: 16 / stepCount) : 0
    var bar = first
    var half = (bar: first, shift: 0)
    for step in 0..<stepCount {
      let position = (step + shift) % 16
      if step % 16 == 0 {
        if step > 0 { bar = (bar + 1) % barCount }
        if random.bool(probability: recipe.otherBar) { bar = random.integer(below: barCount) }
        half = (bar, 0)
      } else if step % 16 == 8, random.bool(probability: recipe.halfBar) {
        let repeats = random.bool(probability: 0.3)
        half = (random.integer(below: barCount), repeats ? 8 : 0)
      }
      steps.append(LoopStep(slice(bar: half.bar, position: position - half.shift)))
    }
  }

  /// Half and double time, half a bar at a time.
  private mutating func changeTime() {
    for start in stride(from: 0, to: stepCount - 7, by: 8) {
      let base = steps[start].slices[0]
      if happens(recipe.halfTime) {
        for step in 0..<8 {
          steps[start + step] = LoopStep((base + step / 2) % sliceCount)
          steps[start + step].offset = step % 2 == 0 ? 0 : 0.5
          steps[start + step].semitones = -12
          steps[start + step].endSemitones = -12
        }
      } else if happens(recipe.doubleTime) {
        let length = random.choice([2, 4, 8])
        for step in 8 - length..<8 {
          let first = base + 2 * (step - 8 + length)
          steps[start + step].slices = [first % sliceCount, (first + 1) % sliceCount]
        }
      }
    }
  }

  private mutating func swapSlices() {
    var step = 0
    while step < stepCount {
      let length = random.choice([1, 1, 1, 2, 2, 4])
      guard happens(recipe.swap) else {
        step += 1
        continue
      }
      let slice = steps[step].slices.first ?? 0
      let replacement: Int
      if random.bool(probability: recipe.keepPosition) {
        // The same position in another bar, or in the other half of the only one.
        let cycle = barCount > 1 ? 16 : 8
        let choices = max(1, sliceCount / cycle)
        replacement = (slice % cycle + cycle * random.integer(below: choices)) % sliceCount
      } else {
        replacement = random.integer(below: sliceCount)
      }
      for offset in 0..<min(length, stepCount - step) {
        steps[step + offset] = LoopStep((replacement + offset) % sliceCount)
      }
      step += length
    }
  }

  /// A sixteenth started over again on those that follow: the stutter.
  private mutating func retrigger() {
    var step = 0
    while step < stepCount {
      let length = random.choice([2, 2, 3, 4, 4, 6])
      guard happens(recipe.retrigger), steps[step].isPlain else {
        step += 1
        continue
      }
      for next in step + 1..<max(step + 1, min(step + length, stepCount)) {
        steps[next] = steps[step]
        steps[next].isRetriggered = true
      }
      step += length
    }
  }

  private mutating func rollAndReverse() {
    for step in 0..<stepCount {
      // Rolls lead into the next beat: twice as likely on the last sixteenth of one.
      let eagerness = step % 4 == 3 ? 2.0 : 0.75
      let isRoll = happens(recipe.roll * eagerness)
      let hits = random.choice([2, 2, 2, 3, 4])
      let isReversed = happens(recipe.reverse)
      guard steps[step].isPlain else { continue }
      if isRoll {
        steps[step].slices = Array(repeating: steps[step].slices[0], count: hits)
      } else if isReversed {
        steps[step].isReversed = true
      }
    }
  }

  private mutating func bendPitch() {
    for step in 0..<stepCount {
      let isPitched = happens(recipe.pitch)
      let isSliding = happens(recipe.ramp)
      let amount = Double(random.choice([-7, -5, -3, -2, 2, 3, 4, 5]))
      guard steps[step].semitones == 0, !steps[step].slices.isEmpty else { continue }
      if isSliding {
        steps[step].endSemitones = amount * 1.5
      } else if isPitched {
        steps[step].semitones = amount
        steps[step].endSemitones = amount
      }
    }
  }

  private mutating func dropAndAccent() {
    for step in 0..<stepCount {
      let isDropped = happens(recipe.drop * (step % 8 == 0 ? 0.25 : 1))
      let isAccented = happens(recipe.velocity)
      let decibels = random.uniform(in: -5..<2).rounded()
      if isDropped {
        steps[step].slices = []
      } else if isAccented {
        steps[step].decibels = decibels
      }
    }
  }

  private mutating func addGhosts() {
    for step in 0..<stepCount {
      let level = random.uniform(in: -18 ..< -9)
      if happens(recipe.ghost * (step % 2 == 1 ? 1.5 : 0.5)) { steps[step].ghost = level }
    }
  }

  private mutating func addCrash() {
    if random.bool(probability: recipe.crash) {
      steps[0].crash = random.uniform(in: -9 ..< -3)
    }
  }
}
