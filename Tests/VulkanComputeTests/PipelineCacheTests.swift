import Foundation
import Testing
import VulkanCompute

@Suite("Pipelines on disk", .opensDevices, .enabled(if: TestDevice.isAvailable))
struct PipelineCacheTests {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "vamen-pipelines-\(UUID().uuidString)")

  /// Opens a device, compiles a kernel, and says what was noted.
  private func compileOnce() throws -> [String] {
    let device = try TestDevice.open { $0.pipelineCache = .folder(folder.path + "/cache") }
    var graph = DispatchGraph(label: "cached")
    graph.dispatch(
      DoubleValuesKernel.self, .init(values: graph.transient(byteCount: 256)),
      constants: .init(count: 64), workgroups: WorkgroupCount(1))
    try graph.compile(for: device).run()
    #expect(device.validationMessages == [])
    return device.notes.filter { !$0.contains("validation") && !$0.contains("lower limits") }
  }

  private func cacheFile() throws -> URL {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder.appending(path: "cache"), includingPropertiesForKeys: nil)
    #expect(files.count == 1)
    return try #require(files.first)
  }

  @Test func aKeptCacheIsReadWithoutANote() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try compileOnce() == [])
    #expect(try Data(contentsOf: cacheFile()).count >= 48)
    #expect(try compileOnce() == [])
  }

  @Test(arguments: ["flipped", "truncated", "empty", "foreign"])
  func aBadFileIsIgnoredWithANoteAndReplaced(damage: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try compileOnce() == [])
    let file = try cacheFile()
    var data = try Data(contentsOf: file)
    switch damage {
    case "flipped": data[data.count / 2] ^= 1
    case "truncated": data = data.prefix(20)
    case "foreign": data = Data("VAMENPC1".utf8) + Data(repeating: 0, count: 60)
    default: data = Data()
    }
    try data.write(to: file)
    let notes = try compileOnce()
    #expect(notes.count == 1 && notes[0].contains("ignored the pipeline cache"))
    #expect(try compileOnce() == [])
  }

  @Test func aFolderThatCannotBeMadeIsANote() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data().write(to: folder)  // a file where the folder should be
    let notes = try compileOnce()
    #expect(notes.count == 1 && notes[0].contains("was not kept"))
  }
}
