package import SpectralAudio
import Tensors

/// What a generator computes; with a batch size, the key of a compiled program.
package enum GeneratorProgram: Sendable, Hashable {
  /// Loops `[T]` to pictures.
  case analyzer
  /// Pictures to their most likely latents.
  case encoder
  /// Latents to pictures.
  case decoder
  /// Pictures to loops.
  case inverter(SpectrogramInverter.Options, hop: Int)
  /// Latents to loops and their pictures: one chain of submissions, with nothing read back in
  /// between.
  case drawer(SpectrogramInverter.Options, hop: Int)

  /// A name for reports and errors.
  var label: String {
    switch self {
    case .analyzer: "analyzer"
    case .encoder: "encoder"
    case .decoder: "decoder"
    case .inverter: "inverter"
    case .drawer: "drawer"
    }
  }

  /// The same bits on every device, unless the phases that a caller gives are made of operations that have
  /// no such arithmetic.
  func arithmetic(of expression: BatchExpression, on backend: any Backend) -> Arithmetic {
    guard case .inverter(let options, _) = self, case .given = options.start else {
      return .reproducible
    }
    return Program.isReproducible(expression.outputs, on: backend) ? .reproducible : .fast
  }

  /// The expression for a batch.
  func expression(batchSize: Int, model: BreakbeatVAE) -> BatchExpression {
    let configuration = model.configuration
    let settings = configuration.spectrogram
    let picture = [settings.bands, settings.frames]
    let latents = [configuration.latentSize, 1, configuration.columns]
    func expression(
      _ itemShape: [Int], _ body: (Tensor) -> [Tensor]
    ) -> BatchExpression {
      BatchExpression(batchSize: batchSize, itemShape: itemShape, name: label, body)
    }
    switch self {
    case .analyzer:
      return expression([settings.loopSampleCount]) {
        [LogMelSpectrogram(settings).pictures(of: $0)]
      }
    case .encoder:
      return expression([1] + picture) { [model.encode($0).mean] }
    case .decoder:
      return expression(latents) { [model.decode($0)] }
    case .inverter(let options, let hop):
      return expression(picture) {
        [SpectrogramInverter(settings, options: options, hop: hop).loops(from: $0)]
      }
    case .drawer(let options, let hop):
      return expression(latents) { latents in
        let pictures = model.decode(latents)
        let inverter = SpectrogramInverter(settings, options: options, hop: hop)
        let loops = inverter.loops(from: pictures.reshaped(to: Shape([batchSize] + picture)))
        return [loops, pictures]
      }
    }
  }
}
