/// One step of a run, for people and files.
public struct TrainingReport: Sendable, Hashable, Codable {
  /// Steps done, counting this one.
  public var step: Int
  /// Steps of the whole run.
  public var steps: Int
  /// The loss that was minimised: ½ (ln MSE + 1) + (β/D)·KL.
  public var loss: Double
  /// Mean squared error of the reconstructed pictures.
  public var squaredError: Double
  /// KL divergence in nats per picture.
  public var divergence: Double
  /// Latent numbers that carry more than 0.01 nats.
  public var activeLatents: Int
  /// Latent numbers of a picture.
  public var latentCount: Int
  /// β/D in force.
  public var divergenceWeight: Double
  /// Learning rate in force.
  public var learningRate: Double
  /// Pictures per second over the last steps.
  public var imagesPerSecond: Double
  /// Seconds of this step.
  public var seconds: Double
  /// The norm of all gradients together before clipping; `nil` where nothing is clipped.
  public var gradientNorm: Double?
  /// What the loss was multiplied by before its gradients were taken; `nil` in float32.
  public var lossScale: Double?
  /// Whether gradients overflowed half precision: the step changed nothing but the scale. `nil` in
  /// float32.
  public var isSkipped: Bool?
  /// Mean squared error on held-out pictures, at steps that measured it.
  public var heldOutSquaredError: Double?
  /// The loss of held-out pictures at the divergence's full weight, without noise, at steps that
  /// measured it: what the best checkpoint is chosen by.
  public var heldOutLoss: Double?

  /// Seconds left at the present speed.
  public func secondsLeft(batchSize: Int) -> Double {
    imagesPerSecond > 0 ? Double((steps - step) * batchSize) / imagesPerSecond : 0
  }
}

extension TrainingReport: CustomStringConvertible {
  /// One line, for example
  /// `step 1200/20000  6%  loss -2.104  mse .0045  KL 18.4 (41/128 active)  β/D .0020  412 images/s`.
  public var description: String {
    var text = "step \(step)/\(steps)  \(100 * step / max(steps, 1))%"
    text += "  loss \(loss.rounded(places: 3))  mse \(squaredError.rounded(places: 5))"
    text += "  KL \(divergence.rounded(places: 1)) (\(activeLatents)/\(latentCount) active)"
    text += "  β/D \(divergenceWeight.rounded(places: 5))"
    text += "  \(imagesPerSecond.rounded(places: 1)) images/s"
    text += "  \((seconds * 1000).rounded(places: 0)) ms"
    if isSkipped == true { text += "  skipped: gradients overflowed" }
    if let heldOutSquaredError {
      text += "  held-out mse \(heldOutSquaredError.rounded(places: 5))"
    }
    return text
  }
}

extension Double {
  /// Fixed-point text with a number of decimals.
  package func rounded(places: Int) -> String {
    guard isFinite, Swift.abs(self) < 1e12 else { return "\(self)" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((self * scale).rounded())
    guard places > 0 else { return "\(scaled)" }
    let digits = String(Swift.abs(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (scaled < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
  }
}
