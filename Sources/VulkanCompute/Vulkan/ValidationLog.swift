import CVulkan
import Synchronization

/// What the validation layer reported, printed to standard error as it comes.
final class ValidationLog: Sendable {
  private let messages = Mutex<[String]>([])
  private let observer: (@Sendable (String) -> Void)?

  /// - Parameter observer: Told each message as it comes, instead of standard error.
  init(_ observer: (@Sendable (String) -> Void)? = nil) { self.observer = observer }

  /// Every message so far.
  var all: [String] { messages.withLock { $0 } }

  private func record(_ message: String) {
    messages.withLock { $0.append(message) }
    if let observer {
      observer(message)
    } else {
      Platform.printToStandardError("validation: \(message)")
    }
  }

  /// The settings of a messenger that reports warnings and errors here. The log must outlive the
  /// instance the messenger belongs to.
  var messengerSettings: VkDebugUtilsMessengerCreateInfoEXT {
    var settings = VkDebugUtilsMessengerCreateInfoEXT()
    settings.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT
    settings.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT.rawValue
      | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT.rawValue
    // Not the general ones: there the loader reports drivers that found no hardware.
    settings.messageType =
      VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT.rawValue
      | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT.rawValue
    settings.pUserData = Unmanaged.passUnretained(self).toOpaque()
    settings.pfnUserCallback = { _, _, data, owner in
      if let text = data?.pointee.pMessage, let owner {
        Unmanaged<ValidationLog>.fromOpaque(owner).takeUnretainedValue()
          .record(String(cString: text))
      }
      return 0
    }
    return settings
  }
}
