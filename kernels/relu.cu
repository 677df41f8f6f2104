// Rectified linear unit. One thread: one element. Items: count; block 256.
//   x, y, dy, dx  float[count]
#include "pointwise.cuh"

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

extern "C" __global__ void relu_forward_bf16(const bf16* x, bf16* y, int64_t count) {
  pointwise(x, y, count, [](float v) { return v < 0.0f ? 0.0f : v; });
}
TILED_KERNEL(relu_forward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)

extern "C" __global__ void relu_backward_bf16(const bf16* y, const bf16* dy, bf16* dx, int64_t count, int accumulate) {
  pointwise(y, dy, dx, count, accumulate, [](float v, float g) { return v > 0.0f ? g : 0.0f; });
}
TILED_KERNEL(relu_backward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)
