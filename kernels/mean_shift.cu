// Adds one constant to each colour channel. One thread: one pixel. Items: pixels; block 256.
//   x, y  float[pixels][3]
#include "common.cuh"

// y = x + (red, green, blue). y may be x.
extern "C" __global__ void mean_shift_forward(const float* x, float* y, float red, float green, float blue,
                                              int64_t pixels) {
  int64_t i = global_index();
  if (i >= pixels) return;
  y[3 * i] = x[3 * i] + red;
  y[3 * i + 1] = x[3 * i + 1] + green;
  y[3 * i + 2] = x[3 * i + 2] + blue;
}
KERNEL(mean_shift_forward, 256, 1, 1)
