// Stands between a program and the Vulkan loader: counts calls, and makes one of them fail.
//
// Hand `vulkan_probe_entry()` to whoever looks up Vulkan's functions. One device at a time; calls
// may come from several threads.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// The address of a `vkGetInstanceProcAddr`, or null where there is no Vulkan loader.
void *_Nullable vulkan_probe_entry(void);

/// Starts counting from zero; nothing fails.
void vulkan_probe_reset(void);

/// Starts counting from zero; the call of this number (0, 1, ...) to a function, or without a name to
/// any that can fail, does not happen and returns `result` instead. Threads that compile kernels call
/// in another order every time, so only a function's own numbers name the same call again.
/// `VK_TIMEOUT` and `VK_ERROR_DEVICE_LOST` of `vkWaitSemaphores` come after the device has finished,
/// so that the failure harms nobody.
void vulkan_probe_fail(const char *_Nullable name, int64_t call, int32_t result);

/// Name of a watched function that can fail, by index; null beyond the last.
const char *_Nullable vulkan_probe_name(int64_t index);

/// Name of the function that was made to fail since the last reset, or null.
const char *_Nullable vulkan_probe_failed(void);

/// Calls since the last reset of one of the watched functions; -1 for a name that is not watched.
int64_t vulkan_probe_calls(const char *_Nonnull name);

/// Calls since the last reset that allocate, create, record or bind anything.
int64_t vulkan_probe_preparations(void);
