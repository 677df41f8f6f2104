// Cuts square patches out of packed 8-bit images, flips and transposes them. One thread: one pixel of a patch. Items:
// n * size * size; block 256.
//   pixels  uint8, images one after another, channels interleaved
//   plan    int64[n][4] {byte of the patch's top left pixel, bytes from row to row, flags, 0}
//   y       [n, channels, size, size] as float[n][size][size][channels], in 0 .. 1
// flags: 1 flips left to right, 2 top to bottom, 4 transposes, after the flips.
#include "common.cuh"

extern "C" __global__ void patch_crop_forward(const uint8_t* pixels, const int64_t* plan, float* y, int n, int size,
                                              int channels) {
  int64_t index = global_index();
  int64_t area = static_cast<int64_t>(size) * size;
  if (index >= n * area) return;
  const int64_t* patch = plan + index / area * 4;
  int64_t row = index % area / size, column = index % size;
  if (patch[2] & 4) {
    int64_t other = row;
    row = column;
    column = other;
  }
  if (patch[2] & 2) row = size - 1 - row;
  if (patch[2] & 1) column = size - 1 - column;
  const uint8_t* from = pixels + patch[0] + row * patch[1] + column * channels;
  for (int c = 0; c < channels; ++c) y[index * channels + c] = from[c] / 255.0f;
}
KERNEL(patch_crop_forward, 256, 1, 1)
