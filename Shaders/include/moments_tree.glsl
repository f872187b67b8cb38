// The moments of a workgroup's invocations, merged pairwise; every invocation calls it.

shared float tree_count[WORKGROUP_SIZE];
shared float tree_mean[WORKGROUP_SIZE];
shared float tree_squares[WORKGROUP_SIZE];

Moments tree_moments(uint lane) {
  return Moments(tree_count[lane], tree_mean[lane], tree_squares[lane]);
}

void set_tree_moments(uint lane, Moments moments) {
  tree_count[lane] = moments.count;
  tree_mean[lane] = moments.mean;
  tree_squares[lane] = moments.squares;
}

Moments merged_over_workgroup(Moments mine) {
  uint lane = gl_LocalInvocationID.x;
  set_tree_moments(lane, mine);
  barrier();
  for (uint width = WORKGROUP_SIZE / 2; width > 0; width /= 2) {
    if (lane < width) {
      set_tree_moments(lane, merged(tree_moments(lane), tree_moments(lane + width)));
    }
    barrier();
  }
  return tree_moments(0);
}
