// Soft-max along rows, of a multiple of the numbers.
//   x, y, dy, dx  float[rows][width], total, dtotal  float[rows]
#include "reduce.cuh"

constexpr int softmax_rows = 8;

__device__ __forceinline__ float warp_max(float value) {
  for (int step = 16; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, step));
  return value;
}

// y = exp(scale * x) / sum of the row's; total = log of that sum, unless null. y may be x. One warp: one row. Items:
// 32 * rows; block 256.
extern "C" __global__ void softmax_forward(const float* x, float* y, float* total, int64_t rows, int width,
                                           float scale) {
  int64_t row = blockIdx.x * static_cast<int64_t>(softmax_rows) + threadIdx.x / 32;
  int lane = threadIdx.x % 32;
  bool inside = row < rows;
  int count = inside ? width : 0;
  const float* from = x + (inside ? row : 0) * width;
  float largest = -INFINITY;
  for (int i = lane; i < count; i += 32) largest = fmaxf(largest, scale * from[i]);
  largest = warp_max(largest);
  float sum = 0.0f;
  for (int i = lane; i < count; i += 32) sum += expf(scale * from[i] - largest);
  sum = warp_sum(sum);
  for (int i = lane; i < count; i += 32) y[row * width + i] = expf(scale * from[i] - largest) / sum;
  if (inside && lane == 0 && total != nullptr) total[row] = largest + logf(sum);
}
KERNEL(softmax_forward, 32 * softmax_rows, 1, 1)

// dx (+)= scale * y * (dy - sum of the row's dy * y + dtotal); dtotal may be null, dx may be dy. One warp: one row.
// Items: 32 * rows; block 256.
extern "C" __global__ void softmax_backward(const float* y, const float* dy, const float* dtotal, float* dx,
                                            int64_t rows, int width, float scale, int accumulate) {
  int64_t row = blockIdx.x * static_cast<int64_t>(softmax_rows) + threadIdx.x / 32;
  int lane = threadIdx.x % 32;
  bool inside = row < rows;
  int count = inside ? width : 0;
  int64_t first = (inside ? row : 0) * width;
  float sum = 0.0f;
  for (int i = lane; i < count; i += 32) sum += dy[first + i] * y[first + i];
  sum = warp_sum(sum);
  float shift = inside && dtotal != nullptr ? dtotal[row] - sum : -sum;
  for (int i = lane; i < count; i += 32) {
    float value = scale * y[first + i] * (dy[first + i] + shift);
    dx[first + i] = accumulate ? dx[first + i] + value : value;
  }
}
KERNEL(softmax_backward, 32 * softmax_rows, 1, 1)
