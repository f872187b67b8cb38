import VulkanCompute

let values: [Float] = (0..<1000).map { Float($0) / 4 }
do {
  let device = try Device()
  print("device: \(device.description.name)")
  let buffer = try device.makeBuffer(byteCount: values.count * 4, label: "values")
  try device.upload(values, to: buffer)

  var graph = DispatchGraph(label: "double")
  graph.dispatch(
    DoubleArrayKernel.self, .init(values: graph.external(buffer)), specialization: .init(),
    constants: .init(count: UInt32(values.count)), workgroups: .covering(values.count, by: 64))
  try graph.compile(for: device).run()

  let doubled = try device.download(buffer, count: values.count, as: Float.self)
  precondition(doubled == values.map { 2 * $0 }, "the device computed something else")
  print("doubled \(values.count) values: \(values.suffix(3)) became \(doubled.suffix(3))")
} catch let error as VulkanError where error.code == .unavailable || error.code == .noDevice {
  print("no Vulkan device: \(error)")
}
