// What batch normalisation makes of one number: n = (x - mean) * inverse and z = weight n + bias, rounded alike
// wherever it is formed.
//   statistics float[2][channels]: mean, 1 / sqrt(variance + epsilon)
#pragma once

#include "common.cuh"

__device__ inline float batch_norm_value(float mean, float inverse, float weight, float bias, float x, float* normal) {
  *normal = (x - mean) * inverse;
  return weight * *normal + bias;
}

__device__ inline float batch_norm_value(const float* statistics, const float* weight, const float* bias, float x,
                                         int channel, int channels, float* normal) {
  return batch_norm_value(statistics[channel], statistics[channels + channel], weight[channel], bias[channel], x,
                          normal);
}
