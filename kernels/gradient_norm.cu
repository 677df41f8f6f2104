// Euclidean norm of a run of numbers, in two stages of fixed order. Block 256. A number that is not finite, or whose
// square is not (from 1.8e19 on), makes the norm not finite, so that one number tells whether a gradient may be used.
//   x float[count], partial float[256], norm float[1]
#include "reduce.cuh"

constexpr int norm_threads = 256;

// partial[k] = sum of x^2 over the k-th of 256 equal ranges (the last ones may be short or empty). One block: one
// range; each of its threads sums every 256th element. Items: 256 * 256.
extern "C" __global__ void gradient_norm_parts(const float* x, float* partial, int64_t count) {
  int64_t range = (count + 255) / 256;
  int64_t first = blockIdx.x * range;
  int64_t last = min(first + range, count);
  float sum = 0.0f;
  for (int64_t i = first + threadIdx.x; i < last; i += norm_threads) sum += x[i] * x[i];
  sum = block_sum<norm_threads>(sum);
  if (threadIdx.x == 0 && blockIdx.x < 256) partial[blockIdx.x] = sum;
}
KERNEL(gradient_norm_parts, norm_threads, 1, 1)

// norm = square root of the sum of the parts. One block for all. Items: 1.
extern "C" __global__ void gradient_norm_reduce(const float* partial, float* norm, int parts) {
  float sum = 0.0f;
  for (int i = threadIdx.x; i < parts; i += norm_threads) sum += partial[i];
  sum = block_sum<norm_threads>(sum);
  if (threadIdx.x == 0 && blockIdx.x == 0) norm[0] = sqrtf(sum);
}
KERNEL(gradient_norm_reduce, norm_threads, 1, 1)
