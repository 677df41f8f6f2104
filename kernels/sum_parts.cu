// Sums that were formed in parts, added in the order of the parts.
//   partial float[parts][count + rest]; to float[count], to_rest float[rest] or null
// The bf16 forms of the convolutions leave the gradients of weight and bias so.
#include "common.cuh"

// to (+)= scale * the sum over parts of its numbers, to_rest likewise. One thread: one number. Items: count + rest;
// block 256.
extern "C" __global__ void sum_parts(const float* partial, float* to, float* to_rest, int64_t count, int rest,
                                     int parts, float scale, int accumulate) {
  int64_t index = global_index();
  if (index >= count + rest) return;
  float* place = index < count ? to + index : to_rest == nullptr ? nullptr : to_rest + (index - count);
  if (place == nullptr) return;
  float sum = 0.0f;
  for (int part = 0; part < parts; ++part) sum += partial[part * (count + rest) + index];
  *place = accumulate ? *place + scale * sum : scale * sum;
}
KERNEL(sum_parts, 256, 1, 1)
