// Sums over the pixels of one image and channel, in fixed order. A block of 32 x 8 threads sums 32 channels of one
// image: each thread every 8th pixel, in runs of 256 so that rounding does not grow with all of them, then thread row 0
// the eight sums. Items: (channels, 8 * n).
#pragma once

#include "common.cuh"

constexpr int channel_lanes = 32, channel_rows = 8;

// finish(image, channel, sum of term(index)) by one thread of each channel; index is that of [n][pixels][channels].
template <class Term, class Finish>
__device__ void sum_channels(int64_t pixels, int channels, Term term, Finish finish) {
  __shared__ float sums[channel_rows][channel_lanes];
  int channel = blockIdx.x * channel_lanes + threadIdx.x;
  int64_t image = blockIdx.y;
  float sum = 0.0f;
  if (channel < channels) {
    for (int64_t first = threadIdx.y; first < pixels; first += 256 * channel_rows) {
      int64_t last = min(first + 256 * channel_rows, pixels);
      float run = 0.0f;
      for (int64_t p = first; p < last; p += channel_rows) run += term((image * pixels + p) * channels + channel);
      sum += run;
    }
  }
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y == 0 && channel < channels) {
    for (int row = 1; row < channel_rows; ++row) sum += sums[row][threadIdx.x];
    finish(image, channel, sum);
  }
}
