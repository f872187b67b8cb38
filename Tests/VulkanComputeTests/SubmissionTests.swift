import Foundation
import Testing
import VulkanCompute

@Suite(
  "Submissions bounded by time", .serialized, .opensDevices, .enabled(if: TestDevice.isAvailable))
struct SubmissionTests {
  private func work(
    _ device: Device, steps: Int, workgroups: WorkgroupCount = .covering(1 << 20, by: 64)
  ) throws -> DispatchGraph {
    var graph = DispatchGraph(label: "work")
    let values = graph.external(try device.makeBuffer(byteCount: 4 << 20, label: "values"))
    for _ in 0..<steps {
      graph.dispatch(
        DoubleValuesKernel.self, .init(values: values), constants: .init(count: 1 << 20),
        workgroups: workgroups, arithmetic: Double(1 << 20))
    }
    return graph
  }

  @Test func theCutFollowsTheClock() throws {
    let device = try TestDevice.open { $0.verification.shuffleSeed = nil }
    try #require(device.description.features.timestamps)
    var options = CompileOptions()
    options.secondsPerSubmission = 1000
    let whole = try work(device, steps: 40).compile(for: device, options: options)
    #expect(whole.report.submissions == 1)
    try whole.run()
    let start = ContinuousClock.now
    for _ in 0..<2 { try whole.run() }
    let seconds = (ContinuousClock.now - start) / .seconds(2)
    #expect(whole.report.submissions == 1)

    // A tenth of what a run takes: about ten submissions, if the steps are as long as each other.
    options.secondsPerSubmission = seconds / 10
    let cut = try work(device, steps: 40).compile(for: device, options: options)
    for _ in 0..<4 { try cut.run() }
    #expect((4...40).contains(cut.report.submissions), "\(cut.report.submissions)")
    #expect(device.validationMessages == [])
  }

  @Test func aStepThatIsTooLongIsNamed() throws {
    let device = try TestDevice.open { $0.secondsPerSubmission = 1e-7 }
    // A kernel that looks at its grid, which is not the usual one.
    let compiled = try work(device, steps: 2, workgroups: WorkgroupCount(128, 128))
      .compile(for: device)
    #expect(
      compiled.notes.first?.hasPrefix("work: double_values alone is estimated to take ") == true)
    try compiled.run()
    #expect(compiled.report.submissions == 2)
    #expect(compiled.notes.count == 2)
    #expect(compiled.notes.first?.hasPrefix("work: double_values alone takes ") == true)
    #expect(compiled.notes.first?.contains("a smaller batch") == true)
  }

  @Test func aStepWhosePartsAreTooLongIsNamedOnce() throws {
    let device = try TestDevice.shared()
    var options = CompileOptions()
    options.secondsPerSubmission = 1e-9
    let compiled = try work(device, steps: 1).compile(for: device, options: options)
    #expect(compiled.report.dispatches == GraphPlan.largestPartCount)
    #expect(compiled.notes.count == 1)
    #expect(compiled.notes.first?.hasPrefix("work: double_values in parts is estimated") == true)
  }

  @Test func whatWasMeasuredIsKept() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "vamen-rate-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let open = { try TestDevice.open { $0.pipelineCache = .folder(folder.path) } }
    let first = try open()
    try #require(first.description.features.timestamps)
    let compiled = try work(first, steps: 20).compile(for: first)
    for _ in 0..<3 { try compiled.run() }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let name = try #require(files.first { $0.hasPrefix("rate-1-") })
    let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    let factor = try #require(Double(text.split(separator: "\n").last ?? ""))
    #expect(factor > 0.001 && factor < 1000 && factor != 1)

    for damage in [
      "", "vamen work rate 1\n", "vamen work rate 1\nnan\n", "vamen work rate 1\n1e99\n",
    ] {
      try Data(damage.utf8).write(to: folder.appending(path: name))
      let notes = try open().notes.filter { $0.contains("rate-1-") }
      #expect(notes.count == 1 && notes[0].contains("damaged"), "\(damage)")
    }
  }
}
