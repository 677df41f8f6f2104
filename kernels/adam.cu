// One step of Adam as PyTorch computes it, in two launches: adam_corrections, then adam_step or adam_packed_step.
//   settings  float[8] {learning rate, beta1, beta2, epsilon, 1 - beta1^t, 1 - beta2^t, clamp, 0}; on the device, so
//   that a captured graph can be replayed with new ones. clamp 0: none, else gradients are limited to -clamp .. clamp
//   finding   int32[1] or null: not 0 where the step is not to be taken (step_watch.cu); then nothing changes
#include "fragments.cuh"

// base^exponent by squaring: the same bits on every device, which pow has not.
__device__ double adam_power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result *= base;
    base *= base;
  }
  return result;
}

// Counts a step, t = steps += 1, and sets what the moments are divided by. Items: 1.
//   steps  int64[1]
extern "C" __global__ void adam_corrections(float* settings, int64_t* steps, const int* finding) {
  if (global_index() > 0 || (finding != nullptr && finding[0] != 0)) return;
  int64_t t = steps[0] + 1;
  steps[0] = t;
  settings[4] = static_cast<float>(1 - adam_power(settings[1], t));
  settings[5] = static_cast<float>(1 - adam_power(settings[2], t));
}
KERNEL(adam_corrections, 32, 1, 1)

// What moves by a step, and how.
//   weight, gradient, m, v  float[], parameters one behind the other
struct AdamStep {
  float* weight;
  const float* gradient;
  float *m, *v;
  const float* settings;

  // Moves number i; what it is then.
  //   m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
  //   weight -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)     Kingma and Ba 2015, algorithm 1
  __device__ float move(int64_t i) const {
    float rate = settings[0], beta1 = settings[1], beta2 = settings[2], epsilon = settings[3];
    float clamp = settings[6];
    float g = gradient[i];
    if (clamp > 0.0f) g = g > clamp ? clamp : g < -clamp ? -clamp : g;  // NaN stays NaN
    float mean = beta1 * m[i] + (1.0f - beta1) * g;
    float square = beta2 * v[i] + (1.0f - beta2) * g * g;
    m[i] = mean;
    v[i] = square;
    float value = weight[i] - rate / settings[4] * mean / (sqrtf(square) / sqrtf(settings[5]) + epsilon);
    weight[i] = value;
    return value;
  }
};

// One thread: one weight. Items: count; block 256.
extern "C" __global__ void adam_step(float* weight, const float* gradient, float* m, float* v, const float* settings,
                                     const int* finding, int64_t count) {
  int64_t i = global_index();
  if (i >= count || (finding != nullptr && finding[0] != 0)) return;
  AdamStep{weight, gradient, m, v, settings}.move(i);
}
KERNEL(adam_step, 256, 1, 1)

// The same with copies of convolutions' weights for tensor cores (include/fragments.cuh), which are what packing the
// moved weights would make, without a weight being read again. A block has a fragment of one convolution, 16 numbers of
// y at a pixel by 16 channels of x and all taps, which is 16 runs of numbers in memory; or a run of numbers of which
// there are no copies.
//   plan  int64[blocks][10]: the first number of the run or of the convolution's weight; side of the window, 0 for a
//   run;
//         in (the run's length); channels of y at a sub-position, shuffle, whether y is a picture; the fragment's
//         number among those of y, among those of x; where the copies for forward and backward_input lie, in bytes from
//         weight on, or 0
constexpr int adam_threads = 256, adam_words = 10, adam_taps = 25;

// Writes one fragment of all taps from where weight (row of y, channel of x, tap) was put.
template <int taps, bool backward>
__device__ void adam_pack(bf16* packed, const bf16* staged, int m16, int k16, int chunks) {
  for (int unit = threadIdx.x; unit < taps * gemm::lanes; unit += adam_threads) {
    int lane = unit % gemm::lanes, tap = unit / gemm::lanes;
    uint32_t words[4] = {};
    for (int j = 0; j < lanes8; ++j) {
      int m = gemm::fragment_row(lane, j), k = gemm::fragment_column(lane, j);
      int place = backward ? (k * gemm::fragment + m) * taps + taps - 1 - tap : (m * gemm::fragment + k) * taps + tap;
      words[j / 2] |= static_cast<uint32_t>(staged[place].bits) << j % 2 * 16;
    }
    bf16* to = packed + gemm::fragment_unit(m16, k16, chunks, taps, tap, lane) * lanes8;
    *reinterpret_cast<uint4*>(to) = {words[0], words[1], words[2], words[3]};
  }
}

template <int side>
__device__ void adam_fragment(const AdamStep& step, const int64_t* row, bf16* staged) {
  constexpr int taps = side * side, run = gemm::fragment * taps;
  int in = static_cast<int>(row[2]), y16 = static_cast<int>(row[6]), x16 = static_cast<int>(row[7]);
  gemm::Channels y{static_cast<int>(row[3]), static_cast<int>(row[4]), row[5] != 0};
  for (int place = threadIdx.x; place < gemm::fragment * run; place += adam_threads) {
    int o = y.of(y16 * gemm::fragment + place / run), i = x16 * gemm::fragment + place % run / taps;
    bool filled = o >= 0 && i < in;
    int64_t index = row[0] + (static_cast<int64_t>(o) * in + i) * taps + place % taps;
    staged[place] = to_bf16(filled ? step.move(index) : 0.0f);
  }
  __syncthreads();

  int x_chunks = (in + gemm::tile_k - 1) / gemm::tile_k, y_chunks = (y.numbers() + gemm::tile_k - 1) / gemm::tile_k;
  char* base = reinterpret_cast<char*>(step.weight);
  bf16 *forward = reinterpret_cast<bf16*>(base + row[8]), *backward = reinterpret_cast<bf16*>(base + row[9]);
  if (row[8] != 0) adam_pack<taps, false>(forward, staged, y16, x16, x_chunks);
  if (row[9] != 0) adam_pack<taps, true>(backward, staged, x16, y16, y_chunks);
}

// Items: blocks; one to a block of 256.
extern "C" __global__ void adam_packed_step(float* weight, const float* gradient, float* m, float* v,
                                            const float* settings, const int* finding, const int64_t* plan) {
  __shared__ bf16 staged[gemm::fragment * gemm::fragment * adam_taps];
  if (finding != nullptr && finding[0] != 0) return;
  const int64_t* row = plan + static_cast<int64_t>(blockIdx.x) * adam_words;
  AdamStep step{weight, gradient, m, v, settings};
  if (row[1] == 1) {
    adam_fragment<1>(step, row, staged);
  } else if (row[1] == 3) {
    adam_fragment<3>(step, row, staged);
  } else if (row[1] == 5) {
    adam_fragment<5>(step, row, staged);
  } else {
    for (int64_t i = threadIdx.x; i < row[2]; i += adam_threads) step.move(row[0] + i);
  }
}
TILED_KERNEL(adam_packed_step, adam_threads, 1, 1, 1, 1, 1)
