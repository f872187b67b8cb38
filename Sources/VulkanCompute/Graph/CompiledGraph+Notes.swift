extension CompiledGraph {
  /// What a user should know: steps that alone last longer than a submission may. They are
  /// submissions of their own and cannot be cut, for a kernel may count on its whole grid.
  public var notes: [String] {
    let limit = plan.secondsPerSubmission
    let verb = isMeasured ? "takes" : "is estimated to take"
    let single = Dictionary(grouping: plan.steps, by: \.piece).filter { $0.value.count == 1 }
    return pieceSeconds.enumerated().compactMap { piece, seconds in
      guard seconds > limit, let step = single[piece]?.first else { return nil }
      let milliseconds = { (seconds: Double) in "\(Int((seconds * 1000).rounded())) ms" }
      return "\(name): \(step.label) alone \(verb) \(milliseconds(seconds)), more than the "
        + "\(milliseconds(limit)) of a submission; a smaller batch makes it shorter"
    }
  }
}
