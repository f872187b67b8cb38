import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import Tensors
import VulkanCompute

struct Kernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compiles every kernel of a preset for a device and says what its compiler made.",
    discussion: """
      Nothing is allocated or run, so that the device may be one without hardware, such as Mesa's \
      null device for AMD: RADV_FORCE_FAMILY=NAVI21 vamen kernels --device radv.

      For each pipeline: vector and scalar registers, spilled ones of both, shared bytes, waves per \
      SIMD, instructions, and the multiply-adds among the instructions of its hot loop.
      """)

  @Option(help: "Index or part of the name of a Vulkan device. (default: the preferred one)")
  var device: String?

  @Option(help: "Whose training step and generator: tiny, demo, small, slim or full.")
  var preset: BreakbeatVAE.Preset = .full

  @Option(help: "Pictures per step. (default: the preset's)")
  var batchSize: Int?

  @Option(help: "How the training step stores feature maps.")
  var precision: Precision = .float32

  @Flag(
    help: """
      Fail on products that spill registers or have fewer than 4 waves per SIMD, and on fused \
      multiply-adds in what draws loops.
      """)
  var check = false

  @Option(help: "With --check: percent of multiply-adds that the main tile's hot loop needs.")
  var leastShare: Double?

  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (1...4096).contains(batchSize ?? 1) else {
      throw ValidationError("--batch-size \(batchSize ?? 0): 1 to 4096 are possible.")
    }
  }

  func run() throws {
    var options = Device.Options()
    options.capturesCompilation = true
    let device =
      try device.map { try Device(matching: $0, options: options) }
      ?? Device(options: options)
    Terminal.note("Device: \(device.description.name), \(device.description.driverVersion)")
    let survey = try KernelSurvey(preset, batchSize: batchSize, precision: precision, on: device)
    if !output.json { print("  VGPR  SGPR spill SGPRs   LDS waves instr  hot loop  kernel") }
    var verdicts: [KernelVerdict] = []
    for pipeline in survey.pipelines {
      let compilation = try device.compilation(
        of: pipeline.kernel, specialization: pipeline.specialization)
      let verdict = KernelVerdict(pipeline, compilation)
      if output.json { try Terminal.printJSON(verdict) } else { print(verdict.line) }
      verdicts.append(verdict)
    }
    try summarize(verdicts)
  }

  private func summarize(_ verdicts: [KernelVerdict]) throws {
    let faulty = verdicts.filter { !$0.faults.isEmpty }
    var text = "\(verdicts.count) pipelines, \(faulty.count) with faults"
    if let (tile, share) = verdicts.mainTile {
      text += "; main tile \(tile): \((1000 * share).rounded() / 10)% multiply-adds"
    }
    if output.json { Terminal.note(text) } else { print(text) }
    guard check else { return }
    let problems = verdicts.problems(leastShare: leastShare)
    for problem in problems { Terminal.note(problem) }
    if !problems.isEmpty { throw ExitCode(1) }
  }
}
