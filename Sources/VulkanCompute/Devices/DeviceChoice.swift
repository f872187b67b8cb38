extension DeviceDescription {
  /// The rule by which ``preferred(among:)`` chooses, in words.
  public static let preference =
    "discrete before integrated before virtual before other before software, then most memory"

  /// The device to use when nothing else is said: ``preference``, and the first of equals. The
  /// result is a software device only if there is nothing else; the caller decides whether the CPU
  /// is better then.
  public static func preferred(among devices: [DeviceDescription]) -> DeviceDescription? {
    devices.min { a, b in
      (a.rank, -a.memoryByteCount, a.index) < (b.rank, -b.memoryByteCount, b.index)
    }
  }

  private var rank: Int { Kind.allCases.firstIndex(of: kind) ?? Kind.allCases.count }

  /// The device with an index, or the only one whose name contains the text (letter case aside).
  ///
  /// - Throws: ``VulkanError`` of code `unknownDevice`, with the devices there are.
  public static func matching(
    _ text: String, among devices: [DeviceDescription]
  ) throws -> DeviceDescription {
    let list = devices.map { "\($0.index): \($0.name)" }.joined(separator: ", ")
    if let index = Int(text) {
      if let device = devices.first(where: { $0.index == index }) { return device }
      throw VulkanError(
        .unknownDevice, "there is no device \(index)", remedy: "choose one of \(list)")
    }
    let wanted = text.lowercased()
    let found = devices.filter { $0.name.lowercased().contains(wanted) }
    if let only = found.first, found.count == 1 { return only }
    if let exact = found.first(where: { $0.name.lowercased() == wanted }) { return exact }
    throw VulkanError(
      .unknownDevice,
      found.isEmpty
        ? "no device's name contains \"\(text)\"" : "several devices' names contain \"\(text)\"",
      remedy: "choose one of \(list)")
  }
}
