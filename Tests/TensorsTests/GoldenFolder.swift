import BreakbeatTraining

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the golden files are: the environment's `VAMEN_GOLDEN`, else `../shared/golden` beside the
/// package, else the small set that belongs to these tests.
enum GoldenFolder {
  static let path = wanted ?? fixtures
  static let isComplete = wanted != nil
  static let remark = " (a small part; set VAMEN_GOLDEN to the folder of all golden files)"

  /// Every case of the folder.
  static let cases: [ConformanceCase] = cases(in: path)

  static func cases(in folder: String) -> [ConformanceCase] {
    guard let runner = try? GoldenRunner(folder: folder) else { return [] }
    return runner.paths.flatMap(GoldenRunner.cases(of:))
  }

  /// The small set, made of the reference files' smallest cases.
  static let fixtures = folder(of: #filePath) + "/Fixtures"

  private static let wanted: String? = {
    if let path = getenv("VAMEN_GOLDEN") { return String(cString: path) }
    let beside = folder(of: folder(of: folder(of: folder(of: #filePath)))) + "/shared/golden"
    return access(beside, R_OK) == 0 ? beside : nil
  }()

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
