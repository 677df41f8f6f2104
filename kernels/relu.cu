// Rectified linear unit. One thread: one element. Items: count; block 256.
//   x, y, dy, dx  float[count]
#include "common.cuh"

// y = max(x, 0), NaN for NaN. y may be x.
extern "C" __global__ void relu_forward(const float* x, float* y, int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = x[i] < 0.0f ? 0.0f : x[i];
}
KERNEL(relu_forward, 256, 1, 1)

// dx = dy where y > 0, else 0; with accumulate added to dx. dx may be dy.
extern "C" __global__ void relu_backward(const float* y, const float* dy, float* dx, int64_t count, int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float value = y[i] > 0.0f ? dy[i] : 0.0f;
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(relu_backward, 256, 1, 1)
