// Copies a rectangle of each image of a batch. One thread: one value. Items: n * h * w * c; block 256.
//   x [n, c, h_x, w_x] as float[n][h_x][w_x][c], y [n, c, h_y, w_y] likewise, or both in blocks of 8 channels of bf16
#include "bf16.cuh"

// y at (top_y, left_y) becomes the h x w rectangle of x at (top_x, left_x), or has it added with accumulate.
extern "C" __global__ void region_copy(const float* x, float* y, int n, int c, int h_x, int w_x, int h_y, int w_y,
                                       int top_x, int left_x, int top_y, int left_y, int h, int w, int accumulate) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(n) * h * w * c) return;
  int64_t channel = index % c, pixel = index / c;
  int64_t column = pixel % w, row = pixel / w % h, image = pixel / w / h;
  int64_t from = ((image * h_x + top_x + row) * w_x + left_x + column) * c + channel;
  int64_t to = ((image * h_y + top_y + row) * w_y + left_y + column) * c + channel;
  y[to] = accumulate ? y[to] + x[from] : x[from];
}
KERNEL(region_copy, 256, 1, 1)

// One thread: a block of channels of a pixel.
extern "C" __global__ void region_copy_bf16(const bf16* x, bf16* y, int n, int c, int h_x, int w_x, int h_y, int w_y,
                                            int top_x, int left_x, int top_y, int left_y, int h, int w,
                                            int accumulate) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(n) * blocks8(c) * h * w) return;
  int64_t column = index % w, row = index / w % h, plane = index / w / h;
  int64_t from = ((plane * h_x + top_x + row) * w_x + left_x + column) * lanes8;
  int64_t to = ((plane * h_y + top_y + row) * w_y + left_y + column) * lanes8;
  float values[lanes8], sum[lanes8] = {};
  load8(x + from, values);
  if (accumulate) load8(y + to, sum);
  for (int k = 0; k < lanes8; ++k) sum[k] += values[k];
  store8(y + to, sum);
}
TILED_KERNEL(region_copy_bf16, 256, 1, 1, 256 * lanes8, 1, 1)
