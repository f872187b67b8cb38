#pragma once

#if __has_include(<glslang/Include/glslang_c_interface.h>)
#include <glslang/Include/glslang_c_interface.h>
#include <glslang/Public/resource_limits_c.h>
#else
#error "glslang is not installed; on Debian: apt install glslang-dev"
#endif
