// The mean absolute difference of a picture from a target, and its gradient, where the picture is formed: what the
// kernels scale_forward, mean_shift_forward, l1_loss_forward and l1_loss_backward do to a number, with their bits.
#pragma once

#include "reduce.cuh"

struct PixelLoss {
  const float* target;
  float* y;  // the picture, or null where it is not wanted
  float scale, red, green, blue, slope;
  float sum = 0.0f;  // of absolute differences that this thread saw
  int count = 0;     // of their signs that are not 0

  // The number at `at` of the picture is scale * value plus its colour's mean. A sign is 0 for 0 and for NaN.
  __device__ void take(float value, int64_t at, int colour, float* gradient) {
    float mean = colour == 0 ? red : colour == 1 ? green : blue;
    float number = __fadd_rn(__fmul_rn(scale, value), mean);
    if (y != nullptr) y[at] = number;
    float difference = number - target[at];
    bool above = difference > 0.0f, below = difference < 0.0f;
    gradient[at] = above ? slope : below ? -slope : 0.0f;
    sum += fabsf(difference);
    count += above || below;
  }

  // Writes the block's own sums. All its threads call it.
  template <int threads>
  __device__ void leave(float* partial, int* counts, int64_t block) const {
    float block_loss = block_sum<threads>(sum);
    int block_count = block_sum<threads>(count);
    if (threadIdx.x > 0) return;
    partial[block] = block_loss;
    counts[block] = block_count;
  }
};
