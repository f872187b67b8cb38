/// Finds buffers, push constants and specialization constants in a module.
struct InterfaceReader {
  let module: SPIRVModule
  let path: String

  /// Storage buffers and uniform blocks by binding number; storage buffers that share a number are
  /// one.
  func bindings() throws -> [ShaderInterface.Binding] {
    var found: [UInt32: ShaderInterface.Binding] = [:]
    for variable in module.variables {
      switch variable.storage {
      case SPIRVModule.Storage.storageBuffer:
        let binding = try binding(variable)
        guard let earlier = found[binding.index] else {
          found[binding.index] = binding
          continue
        }
        guard earlier.kind == binding.kind else { throw isTwoKinds(binding) }
        found[binding.index]?.reads = earlier.reads || binding.reads
        found[binding.index]?.writes = earlier.writes || binding.writes
      case SPIRVModule.Storage.uniform:
        let binding = try binding(variable)
        guard found.updateValue(binding, forKey: binding.index) == nil else {
          throw isTwoKinds(binding)
        }
      case SPIRVModule.Storage.uniformConstant:
        throw problem(
          "'\(module.names[.init(id: variable.id)] ?? "")' is an image or a sampler; "
            + "use buffers, push constants and specialization constants")
      default: break
      }
    }
    return found.values.sorted { $0.index < $1.index }
  }

  private func binding(_ variable: SPIRVModule.Variable) throws -> ShaderInterface.Binding {
    let (block, members) = try block(variable)
    let blockName = module.names[.init(id: block)] ?? ""
    var name = module.names[.init(id: variable.id)] ?? ""
    if name.isEmpty {
      guard members.count == 1, let member = module.names[.init(id: block, member: 0)] else {
        throw problem(
          "the buffer block '\(blockName)' has several members; give it an instance name")
      }
      name = member
    }
    let own = module.decorations[.init(id: variable.id)] ?? [:]
    guard let index = own[.binding] else { throw problem("the buffer '\(name)' has no binding") }
    guard own[.descriptorSet, default: 0] == 0 else {
      throw problem("the buffer '\(name)' is in another descriptor set than 0")
    }
    func all(_ decoration: SPIRVModule.Decoration) -> Bool {
      own[decoration] != nil
        || members.indices.allSatisfy { member in
          module.decorations[.init(id: block, member: UInt32(member))]?[decoration] != nil
        }
    }
    let isUniform = variable.storage == SPIRVModule.Storage.uniform
    return .init(
      index: index, name: name, kind: isUniform ? .uniform : .storage,
      reads: isUniform || !all(.nonReadable), writes: !isUniform && !all(.nonWritable))
  }

  private func isTwoKinds(_ binding: ShaderInterface.Binding) -> ShaderError {
    problem("binding \(binding.index) of '\(binding.name)' has another block, one of them uniform")
  }

  /// Push constants in the order of their bytes.
  func constants() throws -> [ShaderInterface.Constant] {
    let blocks = module.variables.filter { $0.storage == SPIRVModule.Storage.pushConstant }
    guard let variable = blocks.first else { return [] }
    let (block, members) = try block(variable)
    let constants = try members.enumerated().map { index, type in
      let member = SPIRVModule.Target(id: block, member: UInt32(index))
      let name = module.names[member] ?? "constant\(index)"
      guard let scalar = scalar(type) else {
        throw problem("the push constant '\(name)' is not a uint, int or float")
      }
      return ShaderInterface.Constant(
        name: name, type: scalar, offset: module.decorations[member]?[.offset] ?? 0)
    }.sorted { $0.offset < $1.offset }
    for (index, constant) in constants.enumerated() where constant.offset != index * 4 {
      throw problem(
        "the push constant '\(constant.name)' is at byte \(constant.offset), not \(index * 4)")
    }
    guard constants.count <= 32 else {
      throw problem("\(constants.count * 4) bytes of push constants; Vulkan promises only 128")
    }
    return constants
  }

  /// Specialization constants by number. A `local_size_x_id` shares the number, and takes the
  /// name and the default, of a declared constant.
  func specializations() throws -> [ShaderInterface.Specialization] {
    var found: [UInt32: ShaderInterface.Specialization] = [:]
    for constant in module.specializationConstants {
      guard let id = module.decorations[.init(id: constant.id)]?[.specializationID] else {
        continue
      }
      let declared = module.names[.init(id: constant.id)].flatMap { $0.isEmpty ? nil : $0 }
      let name = declared ?? workgroupAxis(constant.id) ?? "constant\(id)"
      guard let scalar = scalar(constant.type) else {
        throw problem("the specialization constant '\(name)' is not a uint, int, float or bool")
      }
      if found[id] == nil || declared != nil {
        found[id] = .init(id: id, name: name, type: scalar, defaultValue: constant.literal[0])
      }
    }
    return found.values.sorted { $0.id < $1.id }
  }

  private func workgroupAxis(_ id: UInt32) -> String? {
    for members in module.composites.values {
      guard let axis = members.firstIndex(of: id), axis < 3 else { continue }
      return "WORKGROUP_SIZE_" + ["X", "Y", "Z"][axis]
    }
    return nil
  }

  private func block(_ variable: SPIRVModule.Variable) throws -> (id: UInt32, members: [UInt32]) {
    guard case .pointer(let target) = module.types[variable.type],
      case .structure(let members) = module.types[target]
    else {
      let name = module.names[.init(id: variable.id)] ?? ""
      throw problem("'\(name)' is an array of buffers; declare each buffer on its own")
    }
    return (target, members)
  }

  private func scalar(_ type: UInt32) -> ShaderInterface.Scalar? {
    switch module.types[type] {
    case .bool: .bool
    case .integer(width: 32, let isSigned): isSigned ? .signed : .unsigned
    case .float(width: 32): .float
    default: nil
    }
  }

  private func problem(_ message: String) -> ShaderError {
    ShaderError(path: path, line: 1, message: message)
  }
}
