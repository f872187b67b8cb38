#version 460
// values[i] = 2 * values[i], for [count] values.
// One invocation per value; the grid has two axes when there are very many.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(binding = 0) buffer Values { float values[]; };  // [count]

layout(push_constant) uniform Constants { uint count; };

void main() {
  uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  uint i = group * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  if (i < count) { values[i] *= 2.0; }
}
