import BreakbeatTraining
import Breakbeats
import SpectralAudio
import Tensors
import Testing

/// What is measured of single loops, on loops made for it.
@Suite struct LoopMeasureTests {
  private let settings = SpectrogramSettings.demo

  /// Short noise bursts at given sixteenths.
  private func clicks(_ positions: [Double]) -> Waveform {
    var samples = [Float](repeating: 0, count: settings.loopSampleCount)
    var random = PhiloxStream(seed: 3)
    for position in positions {
      let start = Int(position * settings.samplesPerSixteenth)
      for index in 0..<300 {
        let fade = 1 - Float(index) / 300
        samples[(start + index) % samples.count] = fade * fade * Float(random.uniform() - 0.5)
      }
    }
    return Waveform(samples: samples, sampleRate: settings.sampleRate)
  }

  @Test func clicksOnTheGridAreOnTheGrid() {
    let onGrid = OnGrid(of: clicks((0..<16).map { Double(2 * $0) }), settings)
    #expect(onGrid.count == 16)
    #expect(OnGrid.fraction(of: [onGrid]) == 1)
    let between = OnGrid(of: clicks((0..<16).map { Double(2 * $0) + 0.5 }), settings)
    #expect(between.count == 16)
    #expect(OnGrid.fraction(of: [between]) == 0)
    #expect(OnGrid.fraction(of: [onGrid, between]) == 0.5)
    let silence = Waveform(
      samples: [Float](repeating: 0, count: settings.loopSampleCount), sampleRate: 10_000)
    #expect(OnGrid.fraction(of: [OnGrid(of: silence, settings)]) == nil)
  }

  @Test func onGridAllowsAnEighthOfASixteenth() {
    let onsets = [0, 128, 129, 1024 - 128, 1024 - 129, 32_767]
    let onGrid = OnGrid(onsets: onsets, samplesPerSixteenth: 1024)
    #expect(onGrid == OnGrid(onsets: [0, 0, 512, 0, 512, 0], samplesPerSixteenth: 1024))
    #expect(onGrid.hits == 4)
  }

  @Test func aSeamIsMeasuredByInnerJumps() {
    // A triangle of equal steps whose end meets its beginning, and the same cut off early.
    let closed = Waveform(
      samples: (0..<1000).map { Float(min($0, 1000 - $0)) / 500 }, sampleRate: 10_000)
    #expect(abs(LoopSeam(of: closed).index - 1) < 1e-4)
    let open = Waveform(samples: Array(closed.samples.prefix(501)), sampleRate: 10_000)
    #expect(abs(LoopSeam(of: open).index - 500) < 0.5)
    #expect(LoopSeam(of: Waveform(samples: [0, 0, 0], sampleRate: 10_000)).index == 0)
  }

  /// Half the level in a picture of one level is 40 dB: A' / A = 1/100 of 80 dB of range.
  @Test func picturesAreComparedInDecibels() {
    let original = [Float](repeating: 1, count: settings.pixelCount)
    let half = [Float](repeating: 0.5, count: settings.pixelCount)
    let comparison = PictureComparison(of: half, with: original, settings)
    #expect(abs(comparison.logMagnitudeDistance - 40) < 1e-6)
    #expect(comparison.squaredError == 0.25)
    #expect(abs(comparison.spectralConvergence + 0.0873) < 1e-3, "\(comparison)")
    let same = PictureComparison(of: original, with: original, settings)
    #expect(same.logMagnitudeDistance == 0 && same.spectralConvergence == -120)
  }

  @Test func descriptorsFollowWhatTheyAreNamedFor() {
    let (bands, frames) = (settings.bands, settings.frames)
    func picture(_ level: (Int, Int) -> Float) -> [Float] {
      (0..<bands * frames).map { level($0 / frames, $0 % frames) }
    }
    func value(_ name: String, _ levels: [Float]) throws -> Double {
      let index = try #require(LoopDescriptors.all.firstIndex { $0.name == name })
      return LoopDescriptors(levels, settings).values[index]
    }
    // Two bars of 16 sixteenths, 8 frames each: a hit every fourth sixteenth, one frame long.
    let hits = picture { _, frame in frame % 32 == 0 ? 0.8 : 0.1 }
    let twice = picture { _, frame in frame % 16 == 0 ? 0.8 : 0.1 }
    #expect(throws: Never.self) {
      #expect(try value("onset density", hits) == 4)
      #expect(try value("onset density", twice) == 8)
      #expect(try value("syncopation", hits) == 0)
      #expect(try value("syncopation", picture { $1 % 16 == 8 ? 0.8 : 0.1 }) == 1)
      #expect(try value("brightness", picture { band, _ in band == bands - 1 ? 1 : 0 }) == 1)
      #expect(try value("brightness", picture { band, _ in band == 0 ? 1 : 0 }) == 0)
      #expect(try value("low-high balance", picture { b, _ in b < bands / 3 ? 1 : 0 }) == 80)
      let quiet = try value("loudness", picture { _, _ in 0.5 })
      let loud = try value("loudness", picture { _, _ in 0.75 })
      #expect(abs(loud - quiet - 20) < 1e-3)
      #expect(try abs(value("sharpness", hits) - 2 * 0.7 * 80 / 32) < 1e-4)
    }
  }

  @Test func featuresTellViewsApart() {
    let frames = settings.frames
    func picture(shift: Int, dark: Bool = false) -> [Float] {
      (0..<settings.pixelCount).map { index in
        let isHit = (index % frames + frames - shift) % 32 == 0
        let level: Float = isHit ? 0.8 : 0.2
        return dark && index / frames > settings.bands / 2 ? 0 : level
      }
    }
    let first = LoopFeatures(picture(shift: 0), settings)
    let moved = LoopFeatures(picture(shift: 8), settings)
    let dark = LoopFeatures(picture(shift: 0, dark: true), settings)
    func distance(_ a: LoopFeatures, _ b: LoopFeatures, _ view: LoopFeatures.View) -> Double {
      zip(a.values[view] ?? [], b.values[view] ?? []).map { abs($0 - $1) }.max() ?? .infinity
    }
    // Another place in the bar: only the grid changes.
    #expect(distance(first, moved, .timbre) < 1e-9)
    #expect(distance(first, moved, .onset) < 1e-9)
    #expect(distance(first, moved, .grid) > 0.2)
    #expect(distance(first, dark, .timbre) > 0.1)
    for view in LoopFeatures.View.allCases {
      #expect(first.values[view]?.count == [.timbre: 32, .grid: 48, .onset: 20][view])
    }
  }

  @Test func copiesAreNotNovel() throws {
    var random = PhiloxStream(seed: 5)
    func pictures(_ count: Int) -> [SmallPicture] {
      (0..<count).map { _ in
        SmallPicture((0..<settings.pixelCount).map { _ in Float(random.uniform()) }, settings)
      }
    }
    let (training, heldOut) = (pictures(12), pictures(6))
    let reference = Neighbours(of: heldOut, among: training)
    let copies = Neighbours(of: [training[4], training[9]], among: training)
    #expect(copies.pairs.map(\.nearest) == [4, 9])
    #expect(copies.novelty(beside: reference) == 0)
    #expect(reference.novelty(beside: reference) == 1)
    // Levels that differ by ½ everywhere are ½ apart.
    let black = SmallPicture([Float](repeating: 0, count: settings.pixelCount), settings)
    let grey = SmallPicture([Float](repeating: 0.5, count: settings.pixelCount), settings)
    #expect(black.distance(to: grey) == 0.5)
    #expect(meanPairwiseDistance([black, grey, grey]) == 1.0 / 3)
  }
}
