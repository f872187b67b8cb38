// Sizes of a convolution from a source to a result, as specialization constants or, where pipelines
// are dearer than what folding saves, as push constants.

layout(constant_id = 10) const bool SPECIALIZED = false;
layout(constant_id = 11) const uint GROUPS = 1;
layout(constant_id = 12) const uint SOURCE_CHANNELS = 1;
layout(constant_id = 13) const uint RESULT_CHANNELS = 1;
layout(constant_id = 14) const int SOURCE_HEIGHT = 1;
layout(constant_id = 15) const int SOURCE_WIDTH = 1;
layout(constant_id = 16) const int RESULT_HEIGHT = 1;
layout(constant_id = 17) const int RESULT_WIDTH = 1;
layout(constant_id = 18) const int PADDING_Y = 1;
layout(constant_id = 19) const int PADDING_X = 1;
layout(constant_id = 20) const int KERNEL_HEIGHT = 4;
layout(constant_id = 21) const int KERNEL_WIDTH = 4;
layout(constant_id = 22) const int STRIDE_Y = 2;
layout(constant_id = 23) const int STRIDE_X = 2;
layout(constant_id = 24) const int DILATION_Y = 1;
layout(constant_id = 25) const int DILATION_X = 1;
// Whether a tap can lie outside the source along an axis.
layout(constant_id = 26) const bool PADDED_Y = true;
layout(constant_id = 27) const bool PADDED_X = true;

layout(push_constant) uniform Constants {
  uint batch;
  uint groups;
  uint source_channels;
  uint result_channels;
  int source_height;
  int source_width;
  int result_height;
  int result_width;
  int padding_y;
  int padding_x;
  // Pieces of the inner sum, and their length.
  uint chunks;
  uint chunk_length;
} constants;

uint groups() { return SPECIALIZED ? GROUPS : constants.groups; }
// Channels of one group.
uint source_channels() { return SPECIALIZED ? SOURCE_CHANNELS : constants.source_channels; }
uint result_channels() { return SPECIALIZED ? RESULT_CHANNELS : constants.result_channels; }
int source_height() { return SPECIALIZED ? SOURCE_HEIGHT : constants.source_height; }
int source_width() { return SPECIALIZED ? SOURCE_WIDTH : constants.source_width; }
int result_height() { return SPECIALIZED ? RESULT_HEIGHT : constants.result_height; }
int result_width() { return SPECIALIZED ? RESULT_WIDTH : constants.result_width; }
int padding_y() { return SPECIALIZED ? PADDING_Y : constants.padding_y; }
int padding_x() { return SPECIALIZED ? PADDING_X : constants.padding_x; }
uint source_area() { return uint(source_height() * source_width()); }
uint result_area() { return uint(result_height() * result_width()); }

// Whether a coordinate lies in the source.
bool inside_y(int y) { return !PADDED_Y || uint(y) < uint(source_height()); }
bool inside_x(int x) { return !PADDED_X || uint(x) < uint(source_width()); }
