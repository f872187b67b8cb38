/// One event of TensorBoard: what was measured, seen or heard at a step.
///
/// Source: `tensorboard/compat/proto/event.proto` and `summary.proto`.
package struct Event {
  /// What an event tells.
  enum Content {
    /// The first event of a file.
    case fileVersion
    /// A run begins or goes on: what other files say of this step and later ones does not count.
    case start
    /// Values by tag.
    case summary([(tag: String, value: Value)])
  }

  /// A value of a summary.
  package enum Value {
    case number(Double)
    /// A PNG file.
    case image([UInt8], width: Int, height: Int)
    /// A WAV file of one channel.
    case audio([UInt8], sampleRate: Double, sampleCount: Int)
  }

  /// Seconds since 1970.
  var date: Double
  var step: Int
  var content: Content

  /// The event as a message.
  var message: [UInt8] {
    var event = ProtocolBuffer()
    event.add(1, double: date)
    event.add(2, step)
    switch content {
    case .fileVersion: event.add(3, "brain.Event:2")
    case .start: event.add(7) { $0.add(1, 1) }
    case .summary(let values):
      event.add(5) { summary in
        for (tag, value) in values {
          summary.add(1) {
            $0.add(1, tag)
            value.add(to: &$0)
          }
        }
      }
    }
    return event.bytes
  }

  /// The event as a record: length, its check, message, its check.
  var record: [UInt8] {
    let message = message
    let length = bytes(UInt64(message.count))
    return length + bytes(CRC32C.masked(length)) + message + bytes(CRC32C.masked(message))
  }

  private func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension Event.Value {
  fileprivate func add(to value: inout ProtocolBuffer) {
    switch self {
    case .number(let number): value.add(2, float: Float(number))
    case .image(let file, let width, let height):
      value.add(4) {
        $0.add(1, height)
        $0.add(2, width)
        $0.add(3, 3)
        $0.add(4, file)
      }
    case .audio(let file, let sampleRate, let sampleCount):
      value.add(6) {
        $0.add(1, float: Float(sampleRate))
        $0.add(2, 1)
        $0.add(3, sampleCount)
        $0.add(4, file)
        $0.add(5, "audio/wav")
      }
    }
  }
}
