// Sums over the pixels of one image and channel, in fixed order. A block of 32 x 8 threads sums 32 channels of one
// image: each thread every 8th pixel, in runs of 256 so that rounding does not grow with all of them, then thread row 0
// the eight sums. Items: (channels, 8 * n).
#pragma once

#include "bf16.cuh"
#include "reduce.cuh"

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

// The bf16 forms. Sums: one block of threads has 8 channels of one image, so the same items are 8 channels and 8 rows a
// block. Else one thread has the block of 8 channels of one pixel, and items are the numbers in memory.
constexpr int channel_threads = 256;

// What a thread of the latter works at; `index` is that of its first number.
struct ChannelBlock {
  int64_t index, image;
  int first;  // channel

  __device__ ChannelBlock(int64_t pixels, int channels)
      : index(global_index() * lanes8),
        image(index / (pixels * lanes8 * blocks8(channels))),
        first(static_cast<int>(index / (pixels * lanes8) % blocks8(channels)) * lanes8) {}

  // values[n][channels] of its channels, zero beyond the last.
  __device__ void load(const float* values, int channels, float (&own)[lanes8]) const {
    for (int c = 0; c < lanes8; ++c) own[c] = first + c < channels ? values[image * channels + first + c] : 0.0f;
  }
};

// finish(image, channel, sum of the terms) by one thread of each channel; term(index, terms of 8 numbers).
template <class Term, class Finish>
__device__ void sum_channels8(int64_t pixels, int channels, Term term, Finish finish) {
  int64_t image = blockIdx.y, start = block8_index(image, blocks8(channels), blockIdx.x, pixels, 0);
  float sums[lanes8] = {};
  for (int64_t p = threadIdx.x; p < pixels; p += channel_threads) {
    float terms[lanes8];
    term(start + p * lanes8, terms);
    for (int c = 0; c < lanes8; ++c) sums[c] += terms[c];
  }
  for (int c = 0; c < lanes8; ++c) {
    float sum = block_sum<channel_threads>(sums[c]);
    int channel = blockIdx.x * lanes8 + c;
    if (threadIdx.x == 0 && channel < channels) finish(image, channel, sum);
  }
}
