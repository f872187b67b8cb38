#version 450
// values[i] = 2 * values[i] for i < count; one invocation per value.
layout(local_size_x = 64) in;

layout(set = 0, binding = 0) buffer Values { uint values[]; };

layout(push_constant) uniform Constants { uint count; };

void main() {
  uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x
           + gl_LocalInvocationID.x;
  if (i < count) values[i] *= 2;
}
