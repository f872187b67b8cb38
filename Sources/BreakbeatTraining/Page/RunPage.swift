internal import Breakbeats
internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The page of a run: curves, the newest preview with players, small pictures of earlier ones.
///
/// It is written anew from the files of the run folder, and does not grow beyond
/// ``earlierCount`` earlier previews, however long the run is.
package struct RunPage {
  let folder: RunFolder
  let name: String
  let device: String
  let step: Int
  let curves: [TrainingReport]

  /// A page of what a folder holds up to a step.
  package init(
    folder: RunFolder, name: String, device: String, step: Int, curves: [TrainingReport]
  ) {
    self.folder = folder
    self.name = name
    self.device = device
    self.step = step
    self.curves = curves
  }

  /// The widest picture of an earlier preview.
  static let thumbnailWidth = 560
  /// Earlier previews that are shown.
  static let earlierCount = 11

  /// Writes it, whole or not at all.
  package func write() throws {
    var page = ListeningPage(title: "VAmEn: \(name), step \(step)")
    page.reports = curves
    page.evaluation = EvaluationCard.ofRun(folder.path)
    let steps = folder.previewSteps(upTo: step)
    if let newest = steps.last {
      page.subtitle = "Loops drawn from the model after \(counted(newest, "step")) on \(device)."
      page.grid = bytes("grid.png", newest)
      page.sections = sections(newest)
      page.earlier = Self.spread(steps.dropLast(), count: Self.earlierCount).map { step in
        .init(
          title: "Step \(step)", picture: bytes("thumbnail.png", step),
          link: "previews/\(RunFolder.name(ofStep: step))/grid.png")
      }
    } else {
      page.subtitle = "Training on \(device). Loops to listen to come with the first preview."
    }
    if let last = curves.last { page.facts = facts(last) }
    try page.write(to: folder.page)
  }

  private func bytes(_ file: String, _ step: Int) -> [UInt8] {
    FileManager.default.contents(atPath: "\(folder.preview(ofStep: step))/\(file)").map {
      Array($0)
    }
      ?? []
  }

  private func sections(_ step: Int) -> [ListeningPage.Section] {
    let samples = (0..<4).map {
      ListeningPage.Loop(
        title: "Sample \($0)", wave: bytes("\($0).wav", step), picture: bytes("\($0).png", step))
    }
    var clips: [ListeningPage.Loop] = []
    for index in 0..<4 {
      for (suffix, title) in [("", "through the picture"), ("-reconstructed", "through the model")]
      {
        let wave = bytes("clip-\(index)\(suffix).wav", step)
        if !wave.isEmpty { clips.append(.init(title: "Clip \(index) \(title)", wave: wave)) }
      }
    }
    var sections = [ListeningPage.Section(title: "New breaks", loops: samples)]
    if !clips.isEmpty {
      sections.append(
        .init(
          title: "Held-out clips",
          text: "What training never saw, through the picture alone and through the model.",
          loops: clips))
    }
    return sections
  }

  private func facts(_ last: TrainingReport) -> [(name: String, value: String)] {
    let measured = curves.last { $0.heldOutLoss != nil }
    return [
      ("Step", "\(step) of \(last.steps)"),
      ("Loss", last.loss.rounded(places: 3)),
      ("Mean squared error", last.squaredError.rounded(places: 5)),
      (
        "KL",
        "\(last.divergence.rounded(places: 1)) nats, \(last.activeLatents) of "
          + "\(last.latentCount) latents in use"
      ),
      ("Held-out loss", measured?.heldOutLoss?.rounded(places: 3) ?? "not measured"),
      ("Pictures/s", last.imagesPerSecond.rounded(places: 1)),
    ]
  }

  /// Some of many at even distances, the first and the last among them.
  package static func spread(_ steps: [Int], count: Int) -> [Int] {
    guard steps.count > count else { return steps }
    return (0..<count).map { steps[$0 * (steps.count - 1) / (count - 1)] }
  }
}
