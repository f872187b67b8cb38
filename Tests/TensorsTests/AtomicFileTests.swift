import Tensors
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite("Atomic files")
struct AtomicFileTests {
  private struct Interruption: Error {}

  @Test func replacesAFileWhole() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write("first".utf8, to: path)
      let long = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
      try AtomicFile.write(to: path) { file in
        try file.write("second")
        try file.write(long)
        try file.write([1, 2, 3])
      }
      let data = FileManager.default.contents(atPath: path)
      #expect(data.map(Array.init) == Array("second".utf8) + long + [1, 2, 3])
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files == ["file"])
    }
  }

  /// 252 bytes each, of the 255 that file systems allow.
  @Test(arguments: [
    String(repeating: "x", count: 252), String(repeating: "太", count: 84),
    String(repeating: "🥁", count: 63), "e" + String(repeating: "\u{301}", count: 125) + "e",
  ])
  func writesToLongNames(_ name: String) throws {
    try #require(name.utf8.count == 252)
    try withTemporaryFolder { folder in
      try AtomicFile.write("drums".utf8, to: folder + "/" + name)
      let data = FileManager.default.contents(atPath: folder + "/" + name)
      #expect(data == Data("drums".utf8))
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files == [name])
    }
  }

  @Test func leavesTheOldFileWhenWritingStops() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write("old".utf8, to: path)
      #expect(throws: Interruption.self) {
        try AtomicFile.write(to: path) { file in
          try file.write([UInt8](repeating: 1, count: 100_000))
          throw Interruption()
        }
      }
      #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files == ["file"])
    }
  }

  @Test func namesTheFileAndTheRemedy() throws {
    try withTemporaryFolder { folder in
      let failures = [
        (folder + "/missing/file", "create the folder"),
        (folder, "it is a folder"),
        (folder + "/" + String(repeating: "x", count: 300), "shorter name"),
        ("/proc/file", "folder"),
      ]
      for (path, remedy) in failures {
        let error = #expect(throws: TensorError.self) { try AtomicFile.write([1], to: path) }
        #expect(error?.code == .cannotWrite)
        #expect(error?.message.contains(path) == true)
        #expect(error?.message.contains(remedy) == true, "\(error?.message ?? "")")
      }
      let rest = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(rest.isEmpty)
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func reportsAFullDisk() {
    let error = #expect(throws: TensorError.self) {
      try AtomicFile.write([UInt8](repeating: 0, count: 100_000), to: "/dev/full")
    }
    #expect(error?.message.contains("free some space") == true)
    #expect(FileManager.default.fileExists(atPath: "/dev/full"))
  }
}
