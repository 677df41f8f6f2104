// Leaky rectified linear unit. One thread: one element. Items: count; block 256.
//   x, y, dy, dx  float[count]
#include "common.cuh"

// y = x where x > 0, else slope * x. y may be x.
extern "C" __global__ void leaky_relu_forward(const float* x, float* y, float slope, int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = x[i] > 0.0f ? x[i] : slope * x[i];
}
KERNEL(leaky_relu_forward, 256, 1, 1)

// dx = dy where x > 0, else slope * dy; with accumulate added to dx. dx may be dy.
extern "C" __global__ void leaky_relu_backward(const float* x, const float* dy, float* dx, float slope, int64_t count,
                                               int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float value = x[i] > 0.0f ? dy[i] : slope * dy[i];
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(leaky_relu_backward, 256, 1, 1)
