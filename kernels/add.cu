// Sums of whole tensors. One thread: one element. Items: count; block 256.
//   a, b, y, dy, dx  float[count]
#include "common.cuh"

// y = a + b. y may be a or b.
extern "C" __global__ void add_forward(const float* a, const float* b, float* y, int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = a[i] + b[i];
}
KERNEL(add_forward, 256, 1, 1)

// dx = dy, or dx += dy with accumulate: the gradient of either summand.
extern "C" __global__ void add_backward(const float* dy, float* dx, int64_t count, int accumulate) {
  int64_t i = global_index();
  if (i < count) dx[i] = accumulate ? dx[i] + dy[i] : dy[i];
}
KERNEL(add_backward, 256, 1, 1)
