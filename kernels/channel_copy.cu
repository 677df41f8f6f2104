// Some channels of one tensor to a place among the channels of another, as concatenation and slicing need.
//   x  float[pixels][from], y  float[pixels][to]
#include "common.cuh"

// y[p][at + c] (+)= x[p][first + c] for c < count. One thread: one number. Items: pixels * count; block 256.
extern "C" __global__ void channel_copy(const float* x, float* y, int64_t pixels, int from, int first, int to, int at,
                                        int count, int accumulate) {
  int64_t i = global_index();
  if (i >= pixels * count) return;
  int64_t pixel = i / count, c = i % count;
  float value = x[pixel * from + first + c];
  float& place = y[pixel * to + at + c];
  place = accumulate ? place + value : value;
}
KERNEL(channel_copy, 256, 1, 1)
