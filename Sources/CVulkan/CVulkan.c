#include "CVulkan.h"

#include <stddef.h>

#define LOAD(name)                                          \
  {                                                         \
    PFN_vkVoidFunction function = lookup(owner, #name);     \
    if (function == NULL) return #name;                     \
    table->name = (PFN_##name)function;                     \
  }

const char *cvulkan_load_instance_functions(
    PFN_vkGetInstanceProcAddr lookup, VkInstance owner, CVulkanInstanceFunctions *table) {
  CVULKAN_INSTANCE_FUNCTIONS(LOAD)
  return NULL;
}

const char *cvulkan_load_device_functions(
    PFN_vkGetDeviceProcAddr lookup, VkDevice owner, CVulkanDeviceFunctions *table) {
  CVULKAN_DEVICE_FUNCTIONS(LOAD)
  return NULL;
}
