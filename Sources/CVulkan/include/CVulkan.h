// Vulkan's declarations without its functions: the loader is opened at run time (see Loader.swift).
#pragma once
#define VK_NO_PROTOTYPES
// Non-dispatchable handles become 64-bit integers, which Swift can share between threads.
#define VK_USE_64_BIT_PTR_DEFINES 0
#include <vulkan/vulkan.h>
