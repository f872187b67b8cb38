import Breakbeats
import CVamen
import Tensors
import VulkanCompute

/// A request that C code got wrong.
struct ArgumentError: Error {
  var message: String
}

/// Runs a body and turns what it throws into a status and this thread's error text.
func status(_ body: () throws -> Void) -> vamen_status {
  do {
    try body()
    return VAMEN_OK
  } catch let error as ArgumentError {
    return failure(VAMEN_INVALID_ARGUMENT, error.message)
  } catch let error as BufferError {
    return failure(VAMEN_BUFFER_TOO_SHORT, error.message)
  } catch is CancellationError {
    return failure(VAMEN_CANCELLED, "the request was cancelled")
  } catch let error as BreakbeatError {
    return failure(status(of: error.code), error.message)
  } catch let error as TensorError {
    return failure(status(of: error.code), error.message)
  } catch let error as VulkanError {
    let isMemory = error.code == .notEnoughMemory
    return failure(isMemory ? VAMEN_OUT_OF_MEMORY : VAMEN_DEVICE_FAILED, "\(error)")
  } catch {
    return failure(VAMEN_FAILED, "\(error)")
  }
}

/// A buffer that is too short.
struct BufferError: Error {
  var message: String
}

private func failure(_ status: vamen_status, _ message: String) -> vamen_status {
  vamen_set_error_text(message)
  return status
}

private func status(of code: BreakbeatError.Code) -> vamen_status {
  switch code {
  case .invalidRequest: VAMEN_INVALID_ARGUMENT
  case .invalidModel, .invalidConfiguration: VAMEN_INVALID_MODEL
  case .outOfMemory: VAMEN_OUT_OF_MEMORY
  default: VAMEN_FAILED
  }
}

private func status(of code: TensorError.Code) -> vamen_status {
  switch code {
  case .invalidFile, .parameterMismatch: VAMEN_INVALID_MODEL
  case .unknownDevice, .device: VAMEN_DEVICE_FAILED
  case .outOfMemory: VAMEN_OUT_OF_MEMORY
  default: VAMEN_FAILED
  }
}
