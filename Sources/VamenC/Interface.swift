import Breakbeats
public import CVamen
import SpectralAudio

/// `vamen_version` of vamen.h.
@_cdecl("vamen_version")
public func version() -> UnsafePointer<CChar> { versionText }

/// Allocated once and never freed or changed: C code may keep it.
private nonisolated(unsafe) let versionText: UnsafePointer<CChar> = {
  let characters = BuildInformation.version.utf8CString
  let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: characters.count)
  _ = copy.initialize(from: characters)
  guard let address = copy.baseAddress else { preconditionFailure("a version without a text") }
  return UnsafePointer(address)
}()

/// `vamen_create_from_file` of vamen.h.
@_cdecl("vamen_create_from_file")
public func createFromFile(
  _ path: UnsafePointer<CChar>?, _ device: UnsafePointer<CChar>?,
  _ generator: UnsafeMutablePointer<OpaquePointer?>?
) -> vamen_status {
  create(generator) {
    guard let path else { throw ArgumentError(message: "the path is NULL; give a model file") }
    return try BreakbeatGenerator(
      contentsOf: String(cString: path), device: device.map { String(cString: $0) })
  }
}

/// `vamen_create_from_bytes` of vamen.h.
@_cdecl("vamen_create_from_bytes")
public func createFromBytes(
  _ bytes: UnsafeRawPointer?, _ byteCount: Int, _ device: UnsafePointer<CChar>?,
  _ generator: UnsafeMutablePointer<OpaquePointer?>?
) -> vamen_status {
  create(generator) {
    guard let bytes, byteCount >= 0 else {
      throw ArgumentError(message: "the bytes are NULL; give those of a model file")
    }
    return try BreakbeatGenerator(
      bytes: [UInt8](UnsafeRawBufferPointer(start: bytes, count: byteCount)),
      device: device.map { String(cString: $0) })
  }
}

private func create(
  _ generator: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws -> BreakbeatGenerator
) -> vamen_status {
  status {
    guard let generator else {
      throw ArgumentError(message: "the place for the generator is NULL; give one")
    }
    generator.pointee = nil
    generator.pointee = Handles.insert(try body())
  }
}

/// `vamen_free` of vamen.h.
@_cdecl("vamen_free")
public func free(_ generator: OpaquePointer?) { Handles.remove(generator) }

/// `vamen_sample_rate` of vamen.h.
@_cdecl("vamen_sample_rate")
public func sampleRate(_ generator: OpaquePointer?) -> Double {
  number(of: generator) { $0.configuration.spectrogram.sampleRate }
}

/// `vamen_bars` of vamen.h.
@_cdecl("vamen_bars")
public func bars(_ generator: OpaquePointer?) -> Double {
  number(of: generator) { $0.configuration.spectrogram.bars }
}

/// `vamen_tempo` of vamen.h.
@_cdecl("vamen_tempo")
public func tempo(_ generator: OpaquePointer?, _ bpm: Double) -> Double {
  number(of: generator) { try $0.beatsPerMinute(nearestTo: bpm == 0 ? nil : bpm) }
}

/// `vamen_loop_sample_count` of vamen.h.
@_cdecl("vamen_loop_sample_count")
public func loopSampleCount(_ generator: OpaquePointer?, _ bpm: Double) -> Int {
  number(of: generator) { try $0.sampleCount(atTempo: bpm == 0 ? nil : bpm) }
}

/// A number of a generator; 0 and an error text for want of one.
private func number<Number: Numeric>(
  of generator: OpaquePointer?, _ body: (BreakbeatGenerator) throws -> Number
) -> Number {
  var number = Number.zero
  _ = status { number = try body(found(generator).generator) }
  return number
}

/// `vamen_device` of vamen.h.
@_cdecl("vamen_device")
public func device(
  _ generator: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
  var text = "no generator"
  _ = status { text = try found(generator).generator.device }
  let bytes = Array(text.utf8CString)
  if let buffer, capacity > 0 {
    let count = min(bytes.count, capacity)
    for index in 0..<count { buffer[index] = bytes[index] }
    buffer[count - 1] = 0
  }
  return bytes.count
}

/// `vamen_warm_up` of vamen.h.
@_cdecl("vamen_warm_up")
public func warmUp(
  _ generator: OpaquePointer?, _ options: UnsafePointer<vamen_options>?
) -> vamen_status {
  status {
    let handle = try found(generator)
    let options = Request(options)
    try handle.wait { try await $0.warmUp(bpm: options.bpm, iterations: options.iterations) }
  }
}

/// `vamen_generate` of vamen.h.
@_cdecl("vamen_generate")
public func generate(
  _ generator: OpaquePointer?, _ options: UnsafePointer<vamen_options>?, _ count: Int,
  _ samples: UnsafeMutablePointer<Float>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> vamen_status {
  status {
    needed?.pointee = 0
    let handle = try found(generator)
    let request = Request(options)
    let length = try handle.generator.sampleCount(atTempo: request.bpm)
    let (total, isTooLarge) = count.multipliedReportingOverflow(by: length)
    // A size_t beyond Int comes in as a negative number.
    guard count >= 0, count <= 1_000_000, !isTooLarge else {
      throw ArgumentError(message: "\(UInt(bitPattern: count)) loops; ask for 0 to 1000000")
    }
    needed?.pointee = total
    guard UInt(bitPattern: capacity) >= UInt(bitPattern: total) else {
      throw BufferError(
        message: "a buffer of \(UInt(bitPattern: capacity)) floats for \(count) loops of \(length) "
          + "samples; \(total) are needed")
    }
    guard count > 0 else { return }
    guard let samples else {
      throw ArgumentError(message: "the buffer is NULL; give one of \(total) floats")
    }
    let loops = try handle.wait { try await request.draw(count, with: $0) }
    var next = samples
    for loop in loops {
      loop.withUnsafeBufferPointer { loop in
        guard let first = loop.baseAddress else { return }
        next.update(from: first, count: loop.count)
        next += loop.count
      }
    }
  }
}

/// `vamen_cancel` of vamen.h.
@_cdecl("vamen_cancel")
public func cancel(_ generator: OpaquePointer?) { Handles.find(generator)?.cancel() }

private func found(_ generator: OpaquePointer?) throws -> GeneratorHandle {
  guard let handle = Handles.find(generator) else {
    throw ArgumentError(message: "the generator is NULL or was freed; create one first")
  }
  return handle
}

/// What to draw.
private struct Request: Sendable {
  private let options: vamen_options

  init(_ options: UnsafePointer<vamen_options>?) {
    self.options = options?.pointee ?? vamen_default_options()
  }

  var bpm: Double? { options.bpm == 0 ? nil : options.bpm }
  var iterations: Int { Int(options.iterations) }

  /// The samples of loops.
  func draw(_ count: Int, with generator: BreakbeatGenerator) async throws -> [[Float]] {
    try await generator.draw(
      count: count, seed: options.seed, firstIndex: Int(options.first_index),
      temperature: options.temperature, truncation: truncation, bpm: bpm, iterations: iterations
    ).map(\.sound.samples)
  }

  private var truncation: Double? { options.truncation == 0 ? nil : options.truncation }
}
