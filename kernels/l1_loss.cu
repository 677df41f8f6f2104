// Mean absolute difference, in two stages of fixed order, and its gradient. Block 256.
//   a, b, da  float[count], partial float[256], loss, dloss float[1]
#include "reduce.cuh"

constexpr int l1_threads = 256;

// partial[k] = sum of |a - b| over the k-th of 256 equal ranges (the last ones may be short or empty). One block: one
// range; each of its threads sums every 256th element. Items: 256 * 256.
extern "C" __global__ void l1_loss_forward(const float* a, const float* b, float* partial, int64_t count) {
  int64_t range = (count + 255) / 256;
  int64_t first = blockIdx.x * range;
  int64_t last = min(first + range, count);
  float sum = 0.0f;
  for (int64_t i = first + threadIdx.x; i < last; i += l1_threads) sum += fabsf(a[i] - b[i]);
  sum = block_sum<l1_threads>(sum);
  if (threadIdx.x == 0 && blockIdx.x < 256) partial[blockIdx.x] = sum;
}
KERNEL(l1_loss_forward, l1_threads, 1, 1)

// loss = factor * sum of the parts. One block for all. Items: 1.
extern "C" __global__ void l1_loss_reduce(const float* partial, float* loss, int parts, float factor) {
  float sum = 0.0f;
  for (int i = threadIdx.x; i < parts; i += l1_threads) sum += partial[i];
  sum = block_sum<l1_threads>(sum);
  if (threadIdx.x == 0 && blockIdx.x == 0) loss[0] = factor * sum;
}
KERNEL(l1_loss_reduce, l1_threads, 1, 1)

// da = dloss * factor * sign(a - b), sign(0) = 0; with accumulate added to da. One thread: one element. Items: count.
extern "C" __global__ void l1_loss_backward(const float* a, const float* b, const float* dloss, float* da, float factor,
                                            int64_t count, int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float difference = a[i] - b[i];
  float slope = dloss[0] * factor;
  float value = difference > 0.0f ? slope : difference < 0.0f ? -slope : 0.0f;
  da[i] = accumulate ? da[i] + value : value;
}
KERNEL(l1_loss_backward, l1_threads, 1, 1)
