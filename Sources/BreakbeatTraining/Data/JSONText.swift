/// How deeply objects and arrays are nested in JSON text.
func jsonNesting(_ json: [UInt8]) -> Int {
  var depth = 0
  var deepest = 0
  forEachJSONMark(json) { mark, _ in
    switch mark {
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    default: break
    }
    deepest = max(deepest, depth)
  }
  return deepest
}

/// A key that the outermost object of JSON text has twice, as it is spelt there.
func repeatedJSONKey(_ json: [UInt8]) -> String? {
  var depth = 0
  var text = 0..<0
  var keys: Set<String> = []
  var repeated: String?
  forEachJSONMark(json) { mark, range in
    switch mark {
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    case UInt8(ascii: "\""): text = range
    case UInt8(ascii: ":") where depth == 1:
      let key = String(decoding: json[text], as: UTF8.self)
      if !keys.insert(key).inserted { repeated = repeated ?? key }
    default: break
    }
  }
  return repeated
}

/// Calls a closure for every structural byte, and with the contents of every string.
private func forEachJSONMark(_ json: [UInt8], _ body: (UInt8, Range<Int>) -> Void) {
  var start: Int?
  var isEscaped = false
  for (index, byte) in json.enumerated() {
    if isEscaped {
      isEscaped = false
    } else if let first = start {
      if byte == UInt8(ascii: "\\") { isEscaped = true }
      if byte == UInt8(ascii: "\"") {
        body(byte, first..<index)
        start = nil
      }
    } else if byte == UInt8(ascii: "\"") {
      start = index + 1
    } else if [0x7B, 0x7D, 0x5B, 0x5D, 0x3A].contains(byte) {
      body(byte, index..<index)
    }
  }
}
