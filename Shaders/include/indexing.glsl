// Work is a one-dimensional list of items; grids with more workgroups than a device allows along
// one axis are folded into two.

uint workgroup_index() {
  return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
}

uint invocation_index() {
  return workgroup_index() * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}
