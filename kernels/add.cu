// Sums of whole tensors. One thread: one element. Items: count; block 256.
//   a, b, y, dy, dx  float[count]
#include "pointwise.cuh"

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

extern "C" __global__ void add_forward_bf16(const bf16* a, const bf16* b, bf16* y, int64_t count) {
  pointwise(a, b, y, count, 0, [](float u, float v) { return u + v; });
}
TILED_KERNEL(add_forward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)

extern "C" __global__ void add_backward_bf16(const bf16* dy, bf16* dx, int64_t count, int accumulate) {
  pointwise(dy, dx, count, accumulate, [](float g) { return g; });
}
TILED_KERNEL(add_backward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)
