// Rows in an order of their own, each as often as it is named.
//   x, dx  float[rows][width], y, dy  float[count][width], index  int32[count], below rows
#include "common.cuh"

// y[i] = x[index[i]]. One thread: one number. Items: count * width; block 256.
extern "C" __global__ void gather_rows_forward(const float* x, const int* index, float* y, int64_t count, int width) {
  int64_t i = global_index();
  if (i < count * width) y[i] = x[static_cast<int64_t>(index[i / width]) * width + i % width];
}
KERNEL(gather_rows_forward, 256, 1, 1)

// dx[r] (+)= sum of dy[i] over all i with index[i] = r, in order of i. One thread: one column. Items: width; block 32.
extern "C" __global__ void gather_rows_backward(const float* dy, const int* index, float* dx, int64_t count,
                                                int64_t rows, int width, int accumulate) {
  int64_t column = global_index();
  if (column >= width) return;
  for (int64_t r = 0; r < rows && !accumulate; ++r) dx[r * width + column] = 0.0f;
  for (int64_t i = 0; i < count; ++i) dx[static_cast<int64_t>(index[i]) * width + column] += dy[i * width + column];
}
KERNEL(gather_rows_backward, 32, 1, 1)
