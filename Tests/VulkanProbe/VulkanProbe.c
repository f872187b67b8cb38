#include "VulkanProbe.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

// Every watched function: (name, parameters, arguments). Those of the first list can fail; those of
// the second return nothing and are only counted.
#define CAN_FAIL(X) \
  X(vkCreateInstance, (const VkInstanceCreateInfo *a, const VkAllocationCallbacks *b, VkInstance *c), (a, b, c)) \
  X(vkEnumerateInstanceLayerProperties, (uint32_t *a, VkLayerProperties *b), (a, b)) \
  X(vkEnumerateInstanceExtensionProperties, (const char *a, uint32_t *b, VkExtensionProperties *c), (a, b, c)) \
  X(vkCreateDebugUtilsMessengerEXT, (VkInstance a, const VkDebugUtilsMessengerCreateInfoEXT *b, const VkAllocationCallbacks *c, VkDebugUtilsMessengerEXT *d), (a, b, c, d)) \
  X(vkEnumeratePhysicalDevices, (VkInstance a, uint32_t *b, VkPhysicalDevice *c), (a, b, c)) \
  X(vkEnumerateDeviceExtensionProperties, (VkPhysicalDevice a, const char *b, uint32_t *c, VkExtensionProperties *d), (a, b, c, d)) \
  X(vkCreateDevice, (VkPhysicalDevice a, const VkDeviceCreateInfo *b, const VkAllocationCallbacks *c, VkDevice *d), (a, b, c, d)) \
  X(vkQueueSubmit, (VkQueue a, uint32_t b, const VkSubmitInfo *c, VkFence d), (a, b, c, d)) \
  X(vkCreateSemaphore, (VkDevice a, const VkSemaphoreCreateInfo *b, const VkAllocationCallbacks *c, VkSemaphore *d), (a, b, c, d)) \
  X(vkWaitSemaphores, (VkDevice a, const VkSemaphoreWaitInfo *b, uint64_t c), (a, b, c)) \
  X(vkGetSemaphoreCounterValue, (VkDevice a, VkSemaphore b, uint64_t *c), (a, b, c)) \
  X(vkAllocateMemory, (VkDevice a, const VkMemoryAllocateInfo *b, const VkAllocationCallbacks *c, VkDeviceMemory *d), (a, b, c, d)) \
  X(vkMapMemory, (VkDevice a, VkDeviceMemory b, VkDeviceSize c, VkDeviceSize d, VkMemoryMapFlags e, void **f), (a, b, c, d, e, f)) \
  X(vkCreateBuffer, (VkDevice a, const VkBufferCreateInfo *b, const VkAllocationCallbacks *c, VkBuffer *d), (a, b, c, d)) \
  X(vkBindBufferMemory, (VkDevice a, VkBuffer b, VkDeviceMemory c, VkDeviceSize d), (a, b, c, d)) \
  X(vkCreateShaderModule, (VkDevice a, const VkShaderModuleCreateInfo *b, const VkAllocationCallbacks *c, VkShaderModule *d), (a, b, c, d)) \
  X(vkCreateDescriptorSetLayout, (VkDevice a, const VkDescriptorSetLayoutCreateInfo *b, const VkAllocationCallbacks *c, VkDescriptorSetLayout *d), (a, b, c, d)) \
  X(vkCreatePipelineLayout, (VkDevice a, const VkPipelineLayoutCreateInfo *b, const VkAllocationCallbacks *c, VkPipelineLayout *d), (a, b, c, d)) \
  X(vkCreateComputePipelines, (VkDevice a, VkPipelineCache b, uint32_t c, const VkComputePipelineCreateInfo *d, const VkAllocationCallbacks *e, VkPipeline *f), (a, b, c, d, e, f)) \
  X(vkCreatePipelineCache, (VkDevice a, const VkPipelineCacheCreateInfo *b, const VkAllocationCallbacks *c, VkPipelineCache *d), (a, b, c, d)) \
  X(vkGetPipelineCacheData, (VkDevice a, VkPipelineCache b, size_t *c, void *d), (a, b, c, d)) \
  X(vkCreateDescriptorPool, (VkDevice a, const VkDescriptorPoolCreateInfo *b, const VkAllocationCallbacks *c, VkDescriptorPool *d), (a, b, c, d)) \
  X(vkAllocateDescriptorSets, (VkDevice a, const VkDescriptorSetAllocateInfo *b, VkDescriptorSet *c), (a, b, c)) \
  X(vkCreateCommandPool, (VkDevice a, const VkCommandPoolCreateInfo *b, const VkAllocationCallbacks *c, VkCommandPool *d), (a, b, c, d)) \
  X(vkAllocateCommandBuffers, (VkDevice a, const VkCommandBufferAllocateInfo *b, VkCommandBuffer *c), (a, b, c)) \
  X(vkBeginCommandBuffer, (VkCommandBuffer a, const VkCommandBufferBeginInfo *b), (a, b)) \
  X(vkEndCommandBuffer, (VkCommandBuffer a), (a)) \
  X(vkCreateQueryPool, (VkDevice a, const VkQueryPoolCreateInfo *b, const VkAllocationCallbacks *c, VkQueryPool *d), (a, b, c, d)) \
  X(vkGetQueryPoolResults, (VkDevice a, VkQueryPool b, uint32_t c, uint32_t d, size_t e, void *f, VkDeviceSize g, VkQueryResultFlags h), (a, b, c, d, e, f, g, h))

#define CANNOT_FAIL(X) \
  X(vkUpdateDescriptorSets, (VkDevice a, uint32_t b, const VkWriteDescriptorSet *c, uint32_t d, const VkCopyDescriptorSet *e), (a, b, c, d, e)) \
  X(vkCmdDispatch, (VkCommandBuffer a, uint32_t b, uint32_t c, uint32_t d), (a, b, c, d)) \
  X(vkCmdDispatchBase, (VkCommandBuffer a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f, uint32_t g), (a, b, c, d, e, f, g)) \
  X(vkCmdPipelineBarrier, (VkCommandBuffer a, VkPipelineStageFlags b, VkPipelineStageFlags c, VkDependencyFlags d, uint32_t e, const VkMemoryBarrier *f, uint32_t g, const VkBufferMemoryBarrier *h, uint32_t i, const VkImageMemoryBarrier *j), (a, b, c, d, e, f, g, h, i, j)) \
  X(vkFreeMemory, (VkDevice a, VkDeviceMemory b, const VkAllocationCallbacks *c), (a, b, c)) \
  X(vkDestroyInstance, (VkInstance a, const VkAllocationCallbacks *b), (a, b)) \
  X(vkDestroyDevice, (VkDevice a, const VkAllocationCallbacks *b), (a, b))

#define INDEX(name, parameters, arguments) index_##name,
enum { CAN_FAIL(INDEX) can_fail_count, before_counted = can_fail_count - 1, CANNOT_FAIL(INDEX) function_count };
#define NAME(name, parameters, arguments) #name,
static const char *const names[] = {CAN_FAIL(NAME) CANNOT_FAIL(NAME)};

static atomic_llong calls[function_count];
// The function and the number of its call that fails.
enum { no_function = -1, any_function = -2 };
static atomic_int failing_function = no_function;
static atomic_llong total;
static atomic_llong failing_call;
static atomic_int failing_result;
static _Atomic(const char *) failed;

// Whether this call is the one to fail.
static bool fails(int function) {
  long long call = atomic_fetch_add(&calls[function], 1);
  long long any_call = atomic_fetch_add(&total, 1);
  int wanted = atomic_load(&failing_function);
  if (wanted == any_function) call = any_call;
  if (wanted != any_function && wanted != function) return false;
  if (call != atomic_load(&failing_call)) return false;
  atomic_store(&failed, names[function]);
  return true;
}

static PFN_vkGetDeviceProcAddr device_lookup;
static VkDevice last_device;

// A device that is said to be lost does nothing any more.
static void stop_device(void) {
  if (last_device == NULL) return;
  PFN_vkDeviceWaitIdle wait = (PFN_vkDeviceWaitIdle)device_lookup(last_device, "vkDeviceWaitIdle");
  if (wait != NULL) wait(last_device);
}

#define DEFINE_FAILING(name, parameters, arguments)                                \
  static PFN_##name real_##name;                                                   \
  static VKAPI_ATTR VkResult VKAPI_CALL probe_##name parameters {                  \
    if (!fails(index_##name)) return real_##name arguments;                        \
    int result = atomic_load(&failing_result);                                     \
    if (index_##name == index_vkWaitSemaphores) real_##name arguments;             \
    if (result == VK_ERROR_DEVICE_LOST) stop_device();                             \
    return (VkResult)result;                                                       \
  }
CAN_FAIL(DEFINE_FAILING)

#define DEFINE_COUNTED(name, parameters, arguments)               \
  static PFN_##name real_##name;                                  \
  static VKAPI_ATTR void VKAPI_CALL probe_##name parameters {     \
    atomic_fetch_add(&calls[index_##name], 1);                    \
    if (index_##name == index_vkDestroyDevice) last_device = NULL; \
    real_##name arguments;                                        \
  }
CANNOT_FAIL(DEFINE_COUNTED)

#define SUBSTITUTE(name, parameters, arguments)     \
  if (strcmp(text, #name) == 0) {                   \
    real_##name = (PFN_##name)function;             \
    return (PFN_vkVoidFunction)probe_##name;        \
  }

static PFN_vkVoidFunction substitute(const char *text, PFN_vkVoidFunction function) {
  if (function == NULL) return NULL;
  CAN_FAIL(SUBSTITUTE)
  CANNOT_FAIL(SUBSTITUTE)
  return function;
}

static PFN_vkGetInstanceProcAddr loader;

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char *name) {
  // Whoever opens a device looks its functions up at once, and the first of them is this.
  if (strcmp(name, "vkDestroyDevice") == 0) last_device = device;
  return substitute(name, device_lookup(device, name));
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(
    VkInstance instance, const char *name) {
  PFN_vkVoidFunction function = loader(instance, name);
  if (function != NULL && strcmp(name, "vkGetDeviceProcAddr") == 0) {
    device_lookup = (PFN_vkGetDeviceProcAddr)function;
    return (PFN_vkVoidFunction)device_function;
  }
  return substitute(name, function);
}

void *vulkan_probe_entry(void) {
  if (loader == NULL) {
    const char *path = getenv("VAMEN_VULKAN_LIBRARY");
    void *library = dlopen(path != NULL ? path : "libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return NULL;
    loader = (PFN_vkGetInstanceProcAddr)dlsym(library, "vkGetInstanceProcAddr");
    if (loader == NULL) return NULL;
  }
  return (void *)instance_function;
}

static int function_named(const char *name) {
  for (int i = 0; i < function_count; i++) {
    if (strcmp(names[i], name) == 0) return i;
  }
  return no_function;
}

void vulkan_probe_reset(void) { vulkan_probe_fail("nothing", 0, 0); }

void vulkan_probe_fail(const char *name, int64_t call, int32_t result) {
  atomic_store(&failing_function, no_function);
  atomic_store(&total, 0);
  for (int i = 0; i < function_count; i++) atomic_store(&calls[i], 0);
  atomic_store(&failed, NULL);
  atomic_store(&failing_result, result);
  atomic_store(&failing_call, call);
  atomic_store(&failing_function, name == NULL ? any_function : function_named(name));
}

const char *vulkan_probe_name(int64_t index) {
  return index >= 0 && index < can_fail_count ? names[index] : NULL;
}

const char *vulkan_probe_failed(void) { return atomic_load(&failed); }

int64_t vulkan_probe_calls(const char *name) {
  int function = function_named(name);
  return function < 0 ? -1 : atomic_load(&calls[function]);
}

int64_t vulkan_probe_preparations(void) {
  int64_t sum = 0;
  for (int i = 0; i < function_count; i++) {
    if (i == index_vkQueueSubmit || i == index_vkWaitSemaphores ||
        i == index_vkGetSemaphoreCounterValue || i == index_vkGetQueryPoolResults) {
      continue;
    }
    sum += atomic_load(&calls[i]);
  }
  return sum;
}
