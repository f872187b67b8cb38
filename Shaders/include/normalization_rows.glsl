// The row of statistics that a plane belongs to: planes_per_row neighbouring planes share one, or,
// when that is 0, the same channel of every sample.

uint row_of_plane(uint plane, uint channel) {
  return constants.planes_per_row == 0 ? channel : plane / constants.planes_per_row;
}
