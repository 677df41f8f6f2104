// Rows brought to length 1, as far as they are longer than a floor.
//   x, y, dy, dx  float[rows][width]
#include "reduce.cuh"

constexpr int normalize_rows = 8;

// y = x / max(|x|, floor). One warp: one row. Items: 32 * rows; block 256.
extern "C" __global__ void row_normalize_forward(const float* x, float* y, int64_t rows, int width, float floor) {
  int64_t row = blockIdx.x * static_cast<int64_t>(normalize_rows) + threadIdx.x / 32;
  int lane = threadIdx.x % 32, count = row < rows ? width : 0;
  const float* from = x + (row < rows ? row : 0) * width;
  float sum = 0.0f;
  for (int i = lane; i < count; i += 32) sum += from[i] * from[i];
  float length = fmaxf(sqrtf(warp_sum(sum)), floor);
  for (int i = lane; i < count; i += 32) y[row * width + i] = from[i] / length;
}
KERNEL(row_normalize_forward, 32 * normalize_rows, 1, 1)

// dx (+)= (dy - y * sum of the row's dy * y) / |x|, or dy / floor where |x| is below it. One warp: one row. Items:
// 32 * rows; block 256.
extern "C" __global__ void row_normalize_backward(const float* x, const float* dy, float* dx, int64_t rows, int width,
                                                  float floor, int accumulate) {
  int64_t row = blockIdx.x * static_cast<int64_t>(normalize_rows) + threadIdx.x / 32;
  int lane = threadIdx.x % 32, count = row < rows ? width : 0;
  int64_t first = (row < rows ? row : 0) * width;
  float sum = 0.0f, dot = 0.0f;
  for (int i = lane; i < count; i += 32) {
    sum += x[first + i] * x[first + i];
    dot += x[first + i] * dy[first + i];
  }
  float length = sqrtf(warp_sum(sum));
  dot = warp_sum(dot);
  float along = length > floor ? dot / (length * length) : 0.0f;
  float divisor = fmaxf(length, floor);
  for (int i = lane; i < count; i += 32) {
    float value = (dy[first + i] - along * x[first + i]) / divisor;
    dx[first + i] = accumulate ? dx[first + i] + value : value;
  }
}
KERNEL(row_normalize_backward, 32 * normalize_rows, 1, 1)
