import BreakbeatTraining
import Tensors
import Testing

/// Runs that are started and waited for later.
@Suite("Runs on their way")
struct ProgramRunTests {
  @Test("results belong to their run", arguments: TestDevice.all)
  func resultsBelongToTheirRun(_ device: TestDevice) throws {
    let x = Tensor.input([1000], name: "x")
    let factor = Tensor.input([], name: "factor")
    let y = x * factor
    let program = try Program(outputs: [y], on: device.backend)
    try program.set(factor, to: [3])
    var previous: (run: ProgramRun, number: Int)?
    for number in 0..<9 {
      try program.set(x, to: [Float](repeating: Float(number), count: 1000))
      // The factor is set for one slot only and holds for all that follow.
      if number == 5 { try program.set(factor, to: [10]) }
      let run = try program.start()
      if let previous {
        let expected = Float(previous.number * (previous.number < 5 ? 3 : 10))
        let values = try previous.run.values(of: y)
        #expect(Set(values) == [expected], "run \(previous.number) on \(device)")
        #expect(try previous.run.isFinished)
      }
      previous = (run, number)
    }
    #expect(try program.values(of: y)[999] == 80)
    // Waiting for a run of long ago is no mistake.
    try previous?.run.wait()
    device.expectNoMisuse(after: "runs on their way")
  }

  @Test("variables change in the order of the runs", arguments: TestDevice.all)
  func updatesFollowEachOther(_ device: TestDevice) throws {
    let total = try Variable([0, 0], shape: [2], name: "total", on: device.backend)
    let x = Tensor.input([2], name: "x")
    let sum = Tensor(total) + x
    let program = try Program(
      outputs: [sum], updates: [Update(Assign(), of: [total], from: [sum])], on: device.backend)
    var runs: [ProgramRun] = []
    for number in 1...6 {
      try program.set(x, to: [Float(number), 1])
      runs.append(try program.start())
      if runs.count > 1 { #expect(try runs[number - 2].values(of: sum)[1] == Float(number - 1)) }
    }
    #expect(try total.values() == [21, 6])
    #expect(try runs[5].values(of: sum) == [21, 6])
  }

  /// Outputs that are an input, a variable or a view of one: nothing is computed for them.
  @Test("results outlive the values that they show", arguments: TestDevice.all)
  func shownValuesBelongToTheirRun(_ device: TestDevice) throws {
    let weight = try Variable([7, 8], shape: [2], name: "weight", on: device.backend)
    let x = Tensor.input([2, 2], name: "x")
    let outputs = [x, x.reshaped(to: [4]), Tensor(weight), Tensor(weight).reshaped(to: [2, 1])]
    let program = try Program(outputs: outputs, on: device.backend)
    try program.set(x, to: [1, 2, 3, 4])
    let first = try program.start()
    try first.wait()
    try program.set(x, to: [5, 6, 7, 8])
    try weight.assign([9, 10])
    let old: [[Float]] = [[1, 2, 3, 4], [1, 2, 3, 4], [7, 8], [7, 8]]
    #expect(try outputs.map { try first.values(of: $0) } == old, "\(device)")
    let second = try program.start()
    let new: [[Float]] = [[5, 6, 7, 8], [5, 6, 7, 8], [9, 10], [9, 10]]
    #expect(try outputs.map { try second.values(of: $0) } == new, "\(device)")
    #expect(try outputs.map { try first.values(of: $0) } == old, "\(device)")
  }
}
