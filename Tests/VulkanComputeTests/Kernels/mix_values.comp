#version 450
// output_values[i] = hash(a[i], b[i], factor, salt): any change of order or operands changes the bits.
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint salt = 1;

layout(set = 0, binding = 0) readonly buffer A { uint a[]; };
layout(set = 0, binding = 1) readonly buffer B { uint b[]; };
layout(set = 0, binding = 2) writeonly buffer Output { uint output_values[]; };

layout(push_constant) uniform Constants {
  uint count;
  uint factor;
};

void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i >= count) return;
  uint x = a[i] * 747796405u + b[i] * factor + salt;
  output_values[i] = x ^ (x >> 15);
}
