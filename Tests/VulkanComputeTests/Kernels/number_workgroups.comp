#version 450
// numbers[w] = numbers[w] + 1 + w for each workgroup w of a grid of width x height x depth; one
// invocation per workgroup.
layout(local_size_x = 1) in;

layout(set = 0, binding = 0) buffer Numbers { uint numbers[]; };

layout(push_constant) uniform Constants {
  uint width;
  uint height;
};

void main() {
  uint w = (gl_WorkGroupID.z * height + gl_WorkGroupID.y) * width + gl_WorkGroupID.x;
  numbers[w] += 1 + w;
}
