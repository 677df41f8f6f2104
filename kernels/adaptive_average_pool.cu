// Adaptive average pooling with PyTorch's windows: output i of `to` averages inputs [i from / to, ceil((i + 1) from /
// to)), along each axis. Windows may overlap. Block 256.
//   x, dx float[n][h][w][channels], y, dy float[n][rows][columns][channels]; the bf16 forms: features of these sizes
#include "bf16.cuh"

__device__ inline int window_start(int i, int from, int to) {
  return static_cast<int>(static_cast<int64_t>(i) * from / to);
}
__device__ inline int window_end(int i, int from, int to) {
  return static_cast<int>((static_cast<int64_t>(i + 1) * from + to - 1) / to);
}

// One thread: one element of y. Items: elements of y.
extern "C" __global__ void adaptive_average_pool_forward(const float* x, float* y, int n, int h, int w, int channels,
                                                         int rows, int columns) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(n) * rows * columns * channels) return;
  int channel = static_cast<int>(index % channels), column = static_cast<int>(index / channels % columns);
  int row = static_cast<int>(index / channels / columns % rows);
  int64_t image = index / channels / columns / rows;
  int top = window_start(row, h, rows), bottom = window_end(row, h, rows);
  int left = window_start(column, w, columns), right = window_end(column, w, columns);
  float sum = 0.0f;
  for (int r = top; r < bottom; ++r) {
    for (int c = left; c < right; ++c) sum += x[((image * h + r) * w + c) * channels + channel];
  }
  y[index] = sum / static_cast<float>((bottom - top) * (right - left));
}
KERNEL(adaptive_average_pool_forward, 256, 1, 1)

// dx = the sum over the windows that hold the pixel of dy / window size; with accumulate added to dx. One thread: one
// element of x. Items: elements of x.
extern "C" __global__ void adaptive_average_pool_backward(const float* dy, float* dx, int n, int h, int w, int channels,
                                                          int rows, int columns, int accumulate) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(n) * h * w * channels) return;
  int channel = static_cast<int>(index % channels), c = static_cast<int>(index / channels % w);
  int r = static_cast<int>(index / channels / w % h);
  int64_t image = index / channels / w / h;
  float sum = 0.0f;
  for (int row = 0; row < rows; ++row) {
    int top = window_start(row, h, rows), bottom = window_end(row, h, rows);
    if (r < top || r >= bottom) continue;
    for (int column = 0; column < columns; ++column) {
      int left = window_start(column, w, columns), right = window_end(column, w, columns);
      if (c < left || c >= right) continue;
      sum += dy[((image * rows + row) * columns + column) * channels + channel] /
             static_cast<float>((bottom - top) * (right - left));
    }
  }
  dx[index] = accumulate ? dx[index] + sum : sum;
}
KERNEL(adaptive_average_pool_backward, 256, 1, 1)

constexpr int pool_threads = 256, pool_items = pool_threads * lanes8;

// One thread: 8 channels of a pixel of y. Items: numbers of y.
extern "C" __global__ void adaptive_average_pool_forward_bf16(const bf16* x, bf16* y, int n, int h, int w, int channels,
                                                              int rows, int columns) {
  int64_t index = global_index(), pixels = static_cast<int64_t>(rows) * columns;
  if (index >= static_cast<int64_t>(n) * blocks8(channels) * pixels) return;
  int row = static_cast<int>(index % pixels / columns), column = static_cast<int>(index % columns);
  int top = window_start(row, h, rows), bottom = window_end(row, h, rows);
  int left = window_start(column, w, columns), right = window_end(column, w, columns);
  const bf16* from = x + index / pixels * h * w * lanes8;  // the block of channels of the image
  float sums[lanes8] = {}, values[lanes8];
  for (int r = top; r < bottom; ++r) {
    for (int c = left; c < right; ++c) {
      load8(from + (static_cast<int64_t>(r) * w + c) * lanes8, values);
      for (int i = 0; i < lanes8; ++i) sums[i] += values[i];
    }
  }
  for (float& sum : sums) sum /= static_cast<float>((bottom - top) * (right - left));
  store8(y + index * lanes8, sums);
}
TILED_KERNEL(adaptive_average_pool_forward_bf16, pool_threads, 1, 1, pool_items, 1, 1)

// One thread: 8 channels of a pixel of x. Items: numbers of x.
extern "C" __global__ void adaptive_average_pool_backward_bf16(const bf16* dy, bf16* dx, int n, int h, int w,
                                                               int channels, int rows, int columns, int accumulate) {
  int64_t index = global_index(), pixels = static_cast<int64_t>(h) * w;
  if (index >= static_cast<int64_t>(n) * blocks8(channels) * pixels) return;
  int r = static_cast<int>(index % pixels / w), c = static_cast<int>(index % w);
  const bf16* from = dy + index / pixels * rows * columns * lanes8;  // the block of channels of the image
  float sums[lanes8] = {}, values[lanes8];
  if (accumulate) load8(dx + index * lanes8, sums);
  for (int row = 0; row < rows; ++row) {
    int top = window_start(row, h, rows), bottom = window_end(row, h, rows);
    if (r < top || r >= bottom) continue;
    for (int column = 0; column < columns; ++column) {
      int left = window_start(column, w, columns), right = window_end(column, w, columns);
      if (c < left || c >= right) continue;
      load8(from + (static_cast<int64_t>(row) * columns + column) * lanes8, values);
      float size = static_cast<float>((bottom - top) * (right - left));
      for (int i = 0; i < lanes8; ++i) sums[i] += values[i] / size;
    }
  }
  store8(dx + index * lanes8, sums);
}
TILED_KERNEL(adaptive_average_pool_backward_bf16, pool_threads, 1, 1, pool_items, 1, 1)
