// Pixel shuffle: r^2 channels become r x r pixels. One thread: one element of y. Items: elements of y; block 256.
//   x, dx [n, channels r^2, h, w] as float[n][h][w][channels r^2]; y, dy [n, channels, h r, w r] as
//   float[n][h r][w r][channels]. y[n, c, h r + i, w r + j] = x[n, c r^2 + i r + j, h, w], as PyTorch's PixelShuffle
#include "common.cuh"

// The element of x that the element of y numbered index comes from.
__device__ static int64_t source_index(int64_t index, int h, int w, int channels, int r) {
  int channel = static_cast<int>(index % channels);
  int64_t pixel = index / channels;
  int y_column = static_cast<int>(pixel % (static_cast<int64_t>(w) * r));
  int64_t y_line = pixel / (static_cast<int64_t>(w) * r);  // of all images
  int64_t y_row = y_line % (static_cast<int64_t>(h) * r), image = y_line / (static_cast<int64_t>(h) * r);
  int64_t x_pixel = (image * h + y_row / r) * w + y_column / r;
  int phase = static_cast<int>(y_row % r) * r + y_column % r;
  return x_pixel * channels * r * r + channel * r * r + phase;
}

extern "C" __global__ void pixel_shuffle_forward(const float* x, float* y, int n, int h, int w, int channels_out,
                                                 int r) {
  int64_t index = global_index();
  if (index < static_cast<int64_t>(n) * h * w * channels_out * r * r) {
    y[index] = x[source_index(index, h, w, channels_out, r)];
  }
}
KERNEL(pixel_shuffle_forward, 256, 1, 1)

// dx = dy where it came from; with accumulate added to dx.
extern "C" __global__ void pixel_shuffle_backward(const float* dy, float* dx, int n, int h, int w, int channels_out,
                                                  int r, int accumulate) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(n) * h * w * channels_out * r * r) return;
  int64_t to = source_index(index, h, w, channels_out, r);
  dx[to] = accumulate ? dx[to] + dy[index] : dy[index];
}
KERNEL(pixel_shuffle_backward, 256, 1, 1)
