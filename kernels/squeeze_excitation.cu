// The gates of channel attention (squeeze and excitation), one block of threads an image:
//   mean of each channel over the image, hidden = relu(w1 mean + b1), gate = sigmoid(w2 hidden + b2)
// Sums over tiles of the image's pixels come from the convolution before: include/tile_sums.cuh.
//   mean, gate, dgate, dexpand, dmean  float[n][channels], hidden, dreduce  float[n][few]
//   w1 float[few][channels], b1 float[few], w2 float[channels][few], b2 float[channels]
#include "reduce.cuh"
#include "tile_sums.cuh"

namespace {

constexpr int threads = 512, lanes = 32, channels_at_once = 64, slots = threads / channels_at_once;

// finish(channel, sum over all tiles of an image) by one thread of each channel, in fixed order: every 8th tile, then
// the eight sums. What finish writes may be read by the whole block afterwards.
template <class Finish>
__device__ void sum_tiles(const float* sums, int64_t image, int channels, Finish finish) {
  __shared__ float parts[slots][channels_at_once];
  int tiles = tile_count(sums), lane = threadIdx.x % channels_at_once, slot = threadIdx.x / channels_at_once;
  for (int first = 0; first < channels; first += channels_at_once) {
    int channel = first + lane;
    float sum = 0.0f;
    if (channel < channels) {
      for (int tile = slot; tile < tiles; tile += slots)
        sum += tile_sums(sums, image * tiles + tile, channels)[channel];
    }
    parts[slot][lane] = sum;
    __syncthreads();
    if (slot == 0 && channel < channels) {
      for (int other = 1; other < slots; ++other) sum += parts[other][lane];
      finish(channel, sum);
    }
    __syncthreads();
  }
}

// finish(row, sum over count of term(row, i)) by one thread of each row, a row a warp.
template <class Term, class Finish>
__device__ void warp_rows(int rows, int count, Term term, Finish finish) {
  int lane = threadIdx.x % lanes;
  for (int row = threadIdx.x / lanes; row < rows; row += threads / lanes) {
    float sum = 0.0f;
    for (int i = lane; i < count; i += lanes) sum += term(row, i);
    sum = warp_sum(sum);
    if (lane == 0) finish(row, sum);
  }
  __syncthreads();
}

}  // namespace

// Items: n; block 512 for one of them.
extern "C" __global__ void squeeze_excitation_forward(const float* sums, const float* w1, const float* b1,
                                                      const float* w2, const float* b2, float* mean, float* hidden,
                                                      float* gate, [[maybe_unused]] int n, int64_t pixels, int channels,
                                                      int few) {
  int64_t image = blockIdx.x;
  mean += image * channels;
  hidden += image * few;
  gate += image * channels;
  sum_tiles(sums, image, channels, [=](int channel, float sum) { mean[channel] = sum / static_cast<float>(pixels); });
  warp_rows(
      few, channels, [=](int row, int i) { return w1[row * channels + i] * mean[i]; },
      [=](int row, float sum) {
        sum += b1[row];
        hidden[row] = sum < 0.0f ? 0.0f : sum;
      });
  for (int channel = threadIdx.x; channel < channels; channel += threads) {
    float sum = b2[channel];
    for (int i = 0; i < few; ++i) sum += w2[channel * few + i] * hidden[i];
    gate[channel] = 1.0f / (1.0f + expf(-sum));
  }
}
TILED_KERNEL(squeeze_excitation_forward, threads, 1, 1, 1, 1, 1)

// What reaches the means, and the results of both products, for squeeze_excitation_backward_weight. The gates'
// gradients are given in sums over tiles if dgate is null, else sums may be. Items: n; block 512 for one of them.
extern "C" __global__ void squeeze_excitation_backward(const float* dgate, const float* sums, const float* w1,
                                                       const float* w2, const float* hidden, const float* gate,
                                                       float* dexpand, float* dreduce, float* dmean,
                                                       [[maybe_unused]] int n, int channels, int few) {
  int64_t image = blockIdx.x;
  hidden += image * few;
  gate += image * channels;
  dexpand += image * channels;
  dreduce += image * few;
  dmean += image * channels;
  auto expand = [=](int channel, float of_gate) {
    dexpand[channel] = of_gate * gate[channel] * (1.0f - gate[channel]);
  };
  if (dgate == nullptr) {
    sum_tiles(sums, image, channels, expand);
  } else {
    for (int channel = threadIdx.x; channel < channels; channel += threads) {
      expand(channel, dgate[image * channels + channel]);
    }
    __syncthreads();
  }
  warp_rows(
      few, channels, [=](int row, int i) { return w2[i * few + row] * dexpand[i]; },
      [=](int row, float sum) { dreduce[row] = hidden[row] > 0.0f ? sum : 0.0f; });
  for (int channel = threadIdx.x; channel < channels; channel += threads) {
    float sum = 0.0f;
    for (int i = 0; i < few; ++i) sum += w1[i * channels + channel] * dreduce[i];
    dmean[channel] = sum;
  }
}
TILED_KERNEL(squeeze_excitation_backward, threads, 1, 1, 1, 1, 1)

// The gradients of the parameters, sums over the images in order, of several layers of one shape. One thread: one
// number of one layer. Items: (2 * channels * few + channels + few, layers); block 256 x 1.
//   layers  int64[layers][8]: where mean, hidden, dexpand, dreduce, dw1, db1, dw2, db2 lie, in bytes from base on
extern "C" __global__ void squeeze_excitation_backward_weight(float* base, const int64_t* layers, int n, int channels,
                                                              int few, int accumulate) {
  int64_t index = global_index(), products = static_cast<int64_t>(channels) * few;
  if (index >= 2 * products + channels + few) return;
  const int64_t* layer = layers + static_cast<int64_t>(blockIdx.y) * 8;
  auto place = [=](int word) { return reinterpret_cast<float*>(reinterpret_cast<char*>(base) + layer[word]); };
  const float *mean = place(0), *hidden = place(1), *dexpand = place(2), *dreduce = place(3);
  // The sum over the images of d times what it was multiplied with, or of d.
  auto add = [=](float* to, const float* d, int64_t stride, const float* x, int64_t x_stride) {
    float sum = 0.0f;
    for (int image = 0; image < n; ++image) sum += d[image * stride] * (x == nullptr ? 1.0f : x[image * x_stride]);
    *to = accumulate ? *to + sum : sum;
  };
  if (index < products) {
    add(place(4) + index, dreduce + index / channels, few, mean + index % channels, channels);
  } else if (index < 2 * products) {
    index -= products;
    add(place(6) + index, dexpand + index / few, channels, hidden + index % few, few);
  } else if (index < 2 * products + few) {
    index -= 2 * products;
    add(place(5) + index, dreduce + index, few, nullptr, 0);
  } else {
    index -= 2 * products + few;
    add(place(7) + index, dexpand + index, channels, nullptr, 0);
  }
}
KERNEL(squeeze_excitation_backward_weight, 256, 1, 1)
