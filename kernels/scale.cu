// Multiplication by a constant. One thread: one element. Items: count; block 256.
//   x, y, dy, dx  float[count]
#include "pointwise.cuh"

// y = factor * x. y may be x.
extern "C" __global__ void scale_forward(const float* x, float* y, float factor, int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = factor * x[i];
}
KERNEL(scale_forward, 256, 1, 1)

// dx = factor * dy, or dx += factor * dy with accumulate. dx may be dy.
extern "C" __global__ void scale_backward(const float* dy, float* dx, float factor, int64_t count, int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float value = factor * dy[i];
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(scale_backward, 256, 1, 1)

extern "C" __global__ void scale_forward_bf16(const bf16* x, bf16* y, float factor, int64_t count) {
  pointwise(x, y, count, [=](float v) { return factor * v; });
}
TILED_KERNEL(scale_forward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)

extern "C" __global__ void scale_backward_bf16(const bf16* dy, bf16* dx, float factor, int64_t count, int accumulate) {
  pointwise(dy, dx, count, accumulate, [=](float g) { return factor * g; });
}
TILED_KERNEL(scale_backward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)
