import Synchronization
import Tensors

/// The device of a generator, chosen when it is first needed.
final class GeneratorDevice: Sendable {
  private let name: String?
  private let choice: Mutex<Result<BackendChoice, any Error>?>

  /// A device to be chosen: `cpu`, a Vulkan device, or `nil` for the best there is.
  init(matching name: String?) {
    self.name = name
    choice = Mutex(nil)
  }

  /// A device that was chosen.
  init(_ choice: BackendChoice) {
    name = nil
    self.choice = Mutex(.success(choice))
  }

  /// The choice; the first call opens the device.
  func chosen() throws -> BackendChoice {
    try choice.withLock { choice in
      if let choice { return choice }
      let made = Result { try BackendChoice(matching: name) }
      choice = made
      return made
    }.get()
  }
}
