// Vulkan's declarations without its functions: the loader is opened at run time, and the
// functions we call are looked up into the two tables below.
#pragma once
#include <stdbool.h>
#define VK_NO_PROTOTYPES
// Non-dispatchable handles become 64-bit integers, which Swift can share between threads.
#define VK_USE_64_BIT_PTR_DEFINES 0
#include <vulkan/vulkan.h>

#define CVULKAN_INSTANCE_FUNCTIONS(X) \
  X(vkDestroyInstance) \
  X(vkEnumeratePhysicalDevices) \
  X(vkEnumerateDeviceExtensionProperties) \
  X(vkGetPhysicalDeviceProperties) \
  X(vkGetPhysicalDeviceProperties2) \
  X(vkGetPhysicalDeviceFeatures2) \
  X(vkGetPhysicalDeviceMemoryProperties2) \
  X(vkGetPhysicalDeviceQueueFamilyProperties) \
  X(vkCreateDevice) \
  X(vkGetDeviceProcAddr)

#define CVULKAN_DEVICE_FUNCTIONS(X) \
  X(vkDestroyDevice) \
  X(vkGetDeviceQueue) \
  X(vkQueueSubmit) \
  X(vkCreateSemaphore) \
  X(vkDestroySemaphore) \
  X(vkWaitSemaphores) \
  X(vkGetSemaphoreCounterValue) \
  X(vkAllocateMemory) \
  X(vkFreeMemory) \
  X(vkMapMemory) \
  X(vkCreateBuffer) \
  X(vkDestroyBuffer) \
  X(vkGetBufferMemoryRequirements) \
  X(vkBindBufferMemory) \
  X(vkCreateShaderModule) \
  X(vkDestroyShaderModule) \
  X(vkCreateDescriptorSetLayout) \
  X(vkDestroyDescriptorSetLayout) \
  X(vkCreatePipelineLayout) \
  X(vkDestroyPipelineLayout) \
  X(vkCreateComputePipelines) \
  X(vkDestroyPipeline) \
  X(vkCreatePipelineCache) \
  X(vkDestroyPipelineCache) \
  X(vkGetPipelineCacheData) \
  X(vkCreateDescriptorPool) \
  X(vkDestroyDescriptorPool) \
  X(vkAllocateDescriptorSets) \
  X(vkUpdateDescriptorSets) \
  X(vkCreateCommandPool) \
  X(vkDestroyCommandPool) \
  X(vkAllocateCommandBuffers) \
  X(vkBeginCommandBuffer) \
  X(vkEndCommandBuffer) \
  X(vkFreeCommandBuffers) \
  X(vkCmdBindPipeline) \
  X(vkCmdBindDescriptorSets) \
  X(vkCmdPushConstants) \
  X(vkCmdDispatch) \
  X(vkCmdDispatchBase) \
  X(vkCmdPipelineBarrier) \
  X(vkCmdCopyBuffer) \
  X(vkCmdFillBuffer) \
  X(vkCmdResetQueryPool) \
  X(vkCmdWriteTimestamp) \
  X(vkCreateQueryPool) \
  X(vkDestroyQueryPool) \
  X(vkGetQueryPoolResults)

#define CVULKAN_MEMBER(name) PFN_##name _Nonnull name;

/// Functions of a VkInstance.
typedef struct {
  CVULKAN_INSTANCE_FUNCTIONS(CVULKAN_MEMBER)
} CVulkanInstanceFunctions;

/// Functions of a VkDevice, without the loader's trampolines.
typedef struct {
  CVULKAN_DEVICE_FUNCTIONS(CVULKAN_MEMBER)
} CVulkanDeviceFunctions;

#undef CVULKAN_MEMBER

/// Fills the table; returns the name of the first function that is missing, or null.
const char *_Nullable cvulkan_load_instance_functions(
    PFN_vkGetInstanceProcAddr _Nonnull lookup, VkInstance _Nonnull instance,
    CVulkanInstanceFunctions *_Nonnull table);

/// Fills the table; returns the name of the first function that is missing, or null.
const char *_Nullable cvulkan_load_device_functions(
    PFN_vkGetDeviceProcAddr _Nonnull lookup, VkDevice _Nonnull device,
    CVulkanDeviceFunctions *_Nonnull table);
