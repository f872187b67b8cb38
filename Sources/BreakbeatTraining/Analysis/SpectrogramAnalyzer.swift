import CFFTW
package import SpectralAudio
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Turns loops into pictures with FFTW: the fast path of preparing data.
///
///     X[m, k] = sum over n in -W/2..<W/2 of w[n] x[(mR + n) mod T] exp(-2 pi i k n / N)
///     P = bank * |X|^2,   image = clamp(1 + (10 log10 P - reference) / range, 0, 1)
///
/// Not thread-safe: use one per thread.
///
/// - Note: plans are estimated, never measured, and use scalar code only: the same bits on every
///   processor of a kind, whatever vector instructions it has.
package final class SpectrogramAnalyzer {
  /// What the pictures look like.
  package let settings: SpectrogramSettings

  private let bank: SparseMelBank
  private let window: [Float]
  private let scale: PixelScale
  private let input: UnsafeMutablePointer<Float>
  private let output: UnsafeMutablePointer<fftwf_complex>
  private let plan: OpaquePointer

  /// FFTW's planner is not thread-safe.
  private static let planning = Mutex(())

  /// An analyzer with its own plan and buffers.
  ///
  /// - Throws: ``TrainingDataError`` if the settings are invalid or FFTW has no memory.
  package init(settings: SpectrogramSettings) throws(TrainingDataError) {
    try settings.checked()
    let size = settings.fftSize
    let input = fftwf_alloc_real(size)
    let output = fftwf_alloc_complex(settings.binCount)
    var plan: Plan?
    if let input, let output {
      plan = Self.planning.withLock { _ in
        fftwf_plan_dft_r2c_1d(Int32(size), input, output, FFTW_ESTIMATE | FFTW_NO_SIMD)
          .map { Plan(pointer: $0) }
      }
    }
    guard let input, let output, let plan else {
      fftwf_free(input)
      fftwf_free(output)
      throw TrainingDataError(
        .resources, "no memory for a Fourier transform of \(size) samples",
        remedy: "close other programs")
    }
    self.settings = settings
    self.input = input
    self.output = output
    self.plan = plan.pointer
    scale = PixelScale(settings)
    bank = SparseMelBank(MelFilterBank(settings))
    window = (0..<settings.windowSize).map { index in
      Float(0.5 - 0.5 * cos(2 * Double.pi * Double(index) / Double(settings.windowSize)))
    }
  }

  deinit {
    Self.planning.withLock { _ in fftwf_destroy_plan(plan) }
    fftwf_free(input)
    fftwf_free(output)
  }

  /// The power of each band, row-major `[bands, frames]`.
  ///
  /// - Parameter samples: exactly one loop, `frames * hop` samples.
  package func bandPower(of samples: [Float]) -> [Float] {
    var power = [Float](repeating: 0, count: settings.pixelCount)
    var bins = [Float](repeating: 0, count: settings.binCount)
    for frame in 0..<settings.frames {
      transform(samples, frame: frame)
      for bin in bins.indices {
        let value = output[bin]
        bins[bin] = value.0 * value.0 + value.1 * value.1
      }
      bank.apply(bins) { band, value in power[band * settings.frames + frame] = value }
    }
    return power
  }

  /// The spectrum `X`, row-major `[bins, frames]`, real and imaginary parts apart.
  package func spectrum(of samples: [Float]) -> (real: [Float], imaginary: [Float]) {
    let frames = settings.frames
    var real = [Float](repeating: 0, count: settings.binCount * frames)
    var imaginary = real
    for frame in 0..<frames {
      transform(samples, frame: frame)
      for bin in 0..<settings.binCount {
        real[bin * frames + frame] = output[bin].0
        imaginary[bin * frames + frame] = output[bin].1
      }
    }
    return (real, imaginary)
  }

  /// The picture as the model sees it, in 0...1, row-major `[bands, frames]`, lowest band first.
  package func image(of samples: [Float]) -> [Float] {
    let scale = Float(10 / settings.dynamicRange)
    let offset = Float(1 - settings.referenceLevel / settings.dynamicRange)
    return bandPower(of: samples).map { power in
      min(1, max(0, offset + scale * log10f(max(power, .leastNormalMagnitude))))
    }
  }

  /// The picture in 8 bits: `round(255 * image)`.
  package func pixels(of samples: [Float]) -> [UInt8] {
    scale.shades(bandPower(of: samples))
  }

  /// Transforms the window centred on sample `frame * hop`, around the loop's end.
  private func transform(_ samples: [Float], frame: Int) {
    let count = samples.count
    precondition(
      count == settings.loopSampleCount,
      "SpectrogramAnalyzer: \(count) samples for a loop of \(settings.loopSampleCount)")
    let half = settings.windowSize / 2
    let size = settings.fftSize
    input.update(repeating: 0, count: size)
    var source = (frame * settings.hop - half) % count
    if source < 0 { source += count }
    samples.withUnsafeBufferPointer { samples in
      for index in 0..<settings.windowSize {
        // Sample n of the window goes to place n mod N: phase is measured at the centre.
        let place = index < half ? size - half + index : index - half
        input[place] = samples[source] * window[index]
        source += 1
        if source == count { source = 0 }
      }
    }
    fftwf_execute_dft_r2c(plan, input, output)
  }
}

/// Carries a plan out of the lock. Safe to send: executing a plan only reads it.
private struct Plan: @unchecked Sendable {
  let pointer: OpaquePointer
}
