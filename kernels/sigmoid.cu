// The logistic function. One thread: one element. Items: count; block 256.
//   x, y, dy, dx  float[count]
#include "common.cuh"

// y = 1 / (1 + exp(-x)). y may be x.
extern "C" __global__ void sigmoid_forward(const float* x, float* y, int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = 1.0f / (1.0f + expf(-x[i]));
}
KERNEL(sigmoid_forward, 256, 1, 1)

// dx (+)= dy * y * (1 - y), y being the forward result. dx may be dy.
extern "C" __global__ void sigmoid_backward(const float* y, const float* dy, float* dx, int64_t count, int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float value = dy[i] * y[i] * (1.0f - y[i]);
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(sigmoid_backward, 256, 1, 1)
