extension CompiledGraph {
  /// What a user should know: steps that alone, or in the smallest parts that they may be cut into,
  /// last longer than a submission may.
  public var notes: [String] {
    let limit = plan.secondsPerSubmission
    let verb = isMeasured ? "takes" : "is estimated to take"
    let single = Dictionary(grouping: plan.steps, by: \.piece).filter { $0.value.count == 1 }
    // One note for each step, about its longest part.
    var longest: [Int: (step: GraphPlan.Step, seconds: Double)] = [:]
    for (piece, seconds) in pieceSeconds.enumerated() {
      guard seconds > limit, let step = single[piece]?.first,
        seconds > longest[step.declaredIndex]?.seconds ?? 0
      else { continue }
      longest[step.declaredIndex] = (step, seconds)
    }
    let milliseconds = { (seconds: Double) in "\(Int((seconds * 1000).rounded())) ms" }
    return longest.sorted { $0.key < $1.key }.map { _, found in
      let what = found.step.part == nil ? "alone" : "in parts"
      return "\(name): \(found.step.label) \(what) \(verb) \(milliseconds(found.seconds)), more "
        + "than the \(milliseconds(limit)) of a submission; a smaller batch makes it shorter"
    }
  }
}
