import BreakbeatTraining
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  /// FIPS 180-4's examples, and lengths around a block's end.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func examples(text: String, digest: String) {
    #expect(SHA256.hexadecimal(text.utf8) == digest)
  }

  @Test("pieces give the digest of the whole", arguments: [1, 55, 56, 63, 64, 65, 1000])
  func pieces(length: Int) {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }
    var digest = SHA256()
    for start in stride(from: 0, to: length, by: 13) {
      digest.update(Array(bytes[start..<min(length, start + 13)]))
    }
    #expect(digest.finish() == SHA256.hexadecimal(bytes))
  }
}
