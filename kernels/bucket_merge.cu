// The hash rounds of sparse attention brought back to their positions and together.
//   x, y, dy float[n][length][width], values, dvalues float[n][rounds][padded][width],
//   totals, dtotals float[n][rounds][padded], weights float[n][rounds][length], order, inverse int32[n][rounds][length]
#include "reduce.cuh"

constexpr int merge_rows = 8;

// weights = softmax over the rounds of their totals; y = x + scale * sum of weights * values. One warp: one position.
// Items: 32 * n * length; block 256.
extern "C" __global__ void bucket_merge_forward(const float* x, const float* values, const float* totals,
                                                const int* inverse, float* weights, float* y, int n, int rounds,
                                                int length, int padded, int width, float scale) {
  int64_t row = blockIdx.x * static_cast<int64_t>(merge_rows) + threadIdx.x / 32;
  if (row >= static_cast<int64_t>(n) * length) return;
  int64_t image = row / length, position = row % length;
  int lane = threadIdx.x % 32;
  float largest = -INFINITY, sum = 0.0f;
  for (int r = 0; r < rounds; ++r) {
    int64_t group = image * rounds + r;
    largest = fmaxf(largest, totals[group * padded + inverse[group * length + position]]);
  }
  for (int r = 0; r < rounds; ++r) {
    int64_t group = image * rounds + r;
    sum += expf(totals[group * padded + inverse[group * length + position]] - largest);
  }
  for (int c = lane; c < width; c += 32) {
    float mean = 0.0f;
    for (int r = 0; r < rounds; ++r) {
      int64_t group = image * rounds + r;
      int64_t place = group * padded + inverse[group * length + position];
      float weight = expf(totals[place] - largest) / sum;
      mean += weight * values[place * width + c];
      if (c == 0) weights[group * length + position] = weight;
    }
    y[row * width + c] = x[row * width + c] + scale * mean;
  }
}
KERNEL(bucket_merge_forward, 32 * merge_rows, 1, 1)

// dvalues = scale * weights * dy where a position went, 0 in the padding. One thread: one number. Items:
// n * rounds * padded * width; block 256.
extern "C" __global__ void bucket_merge_backward_values(const float* dy, const float* weights, const int* order,
                                                        float* dvalues, int n, int rounds, int length, int padded,
                                                        int width, float scale) {
  int64_t i = global_index();
  if (i >= static_cast<int64_t>(n) * rounds * padded * width) return;
  int64_t group = i / width / padded, place = i / width % padded;
  float value = 0.0f;
  if (place < length) {
    int64_t position = order[group * length + place];
    value = scale * weights[group * length + position] * dy[(group / rounds * length + position) * width + i % width];
  }
  dvalues[i] = value;
}
KERNEL(bucket_merge_backward_values, 256, 1, 1)

// dtotals = weights * (s - sum over the rounds of weights * s), s = scale * sum of dy * values, 0 in the padding, which
// must be there before. One warp: one position. Items: 32 * n * length; block 256.
extern "C" __global__ void bucket_merge_backward_totals(const float* dy, const float* values, const float* weights,
                                                        const int* inverse, float* dtotals, int n, int rounds,
                                                        int length, int padded, int width, float scale) {
  int64_t row = blockIdx.x * static_cast<int64_t>(merge_rows) + threadIdx.x / 32;
  if (row >= static_cast<int64_t>(n) * length) return;
  int64_t image = row / length, position = row % length;
  int lane = threadIdx.x % 32;
  float mean = 0.0f;
  for (int pass = 0; pass < 2; ++pass) {
    for (int r = 0; r < rounds; ++r) {
      int64_t group = image * rounds + r;
      int64_t place = group * padded + inverse[group * length + position];
      float sum = 0.0f;
      for (int c = lane; c < width; c += 32) sum += dy[row * width + c] * values[place * width + c];
      sum = scale * warp_sum(sum);
      float weight = weights[group * length + position];
      if (pass == 0) mean += weight * sum;
      if (pass == 1 && lane == 0) dtotals[place] = weight * (sum - mean);
    }
  }
}
KERNEL(bucket_merge_backward_totals, 32 * merge_rows, 1, 1)
