// Leaky rectified linear unit. One thread: one element. Items: count; block 256.
//   x, y, dy, dx  float[count]
#include "pointwise.cuh"

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

extern "C" __global__ void leaky_relu_forward_bf16(const bf16* x, bf16* y, float slope, int64_t count) {
  pointwise(x, y, count, [=](float v) { return v > 0.0f ? v : slope * v; });
}
TILED_KERNEL(leaky_relu_forward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)

extern "C" __global__ void leaky_relu_backward_bf16(const bf16* x, const bf16* dy, bf16* dx, float slope, int64_t count,
                                                    int accumulate) {
  pointwise(x, dy, dx, count, accumulate, [=](float v, float g) { return v > 0.0f ? g : slope * g; });
}
TILED_KERNEL(leaky_relu_backward_bf16, pointwise_threads, 1, 1, pointwise_items, 1, 1)
