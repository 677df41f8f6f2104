// Copies a rectangle of each image of a batch. One thread: one value. Items: n * h * w * c; block 256.
//   x [n, c, h_x, w_x] as float[n][h_x][w_x][c], y [n, c, h_y, w_y] likewise
#include "common.cuh"

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
