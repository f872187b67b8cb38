/// Four bars of drum notation for the synthetic drummer.
struct DrumPattern: Sendable {
  /// The name of the break.
  let name: String
  let beatsPerMinute: Double
  /// A line a bar, a sign a sixteenth: `K` kick, `S` snare, `g` soft snare, `C` crash, `.` neither.
  let drums: [String]
  /// A bar of cymbals: `r` ride, `h` closed hat, `o` open hat, `.` none.
  let cymbals: String
  /// Pitch of kick and snare, 1 as usual.
  let tuning: Double

  /// The cymbal at a sixteenth of any bar.
  func cymbal(at position: Int) -> Character {
    cymbals[cymbals.index(cymbals.startIndex, offsetBy: position)]
  }

  /// The amen break's own four bars over its ride.
  static let amen = DrumPattern(
    name: "synthetic-amen", beatsPerMinute: 137,
    drums: ["K.K.S..g.gKKS..g", "K.K.S..g.gKKS..g", "K.K.S..g.gK...S.", "..KKS..g.gC...S."],
    cymbals: "r.r.r.r.r.r.r.r.", tuning: 1)

  /// The amen break and three variations on it.
  static let all = [
    amen,
    DrumPattern(
      name: "synthetic-amen-hats", beatsPerMinute: 144,
      drums: ["K.K.S..g.gKKS..g", "K.K.S.Kg.gK.S..g", "K..KS..g.gKKS.g.", "K.K.S..gSgK.C.S."],
      cymbals: "h.h.h.o.h.h.h.h.", tuning: 1.12),
    DrumPattern(
      name: "synthetic-amen-late", beatsPerMinute: 126,
      drums: ["K.K.S..g.gK...S.", "..KKS..g.gK...S.", "K.K.S..g.gKKS..g", "..K.S.gKCg.KS.gg"],
      cymbals: "r.r.r.r.r.r.r.r.", tuning: 0.9),
    DrumPattern(
      name: "synthetic-step", beatsPerMinute: 170,
      drums: ["K...S..g.gK.S...", "K..gS.K..gK.S..g", "K...S..g.gK.S...", "C..gS.K.KgK.S.SS"],
      cymbals: "h.hrh.h.h.hrh.o.", tuning: 1.05),
  ]
}
