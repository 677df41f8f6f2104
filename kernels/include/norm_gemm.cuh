// Batch normalisation with a leaky ReLU behind it (kernels/batch_norm.cu) at both ends of a convolution in bf16:
// numbers are normalised on the tile that tensor cores read, and what the next normalisation wants is summed from the
// tile of results. Statistics are float[sets][2][channels]: mean and 1 / deviation.
#pragma once

#include "batch_norm.cuh"
#include "weight_gradient.cuh"

namespace gemm {

// The bf16 number that is stored for a sum.
__device__ inline float stored(float value) {
  return __uint_as_float(static_cast<uint32_t>(to_bf16(value).bits) << 16);
}

// A normalisation; set_images images have the same statistics. Without statistics there is none.
struct Norm {
  const float *statistics, *weight, *bias;
  int set_images;
  float slope;
};

// A source that is normalised on its tile, whose numbers and rounding are those of batch_norm_forward. Each thread
// changes what its own copies have brought, so no barrier is between; zeros around the image stay zero.
struct NormalisedTile {
  Norm norm;

  // mean, inverse, weight and bias of two chunks of 16 channels.
  __device__ static float4* numbers() {
    __shared__ float4 memory[2 * tile_k];
    return memory;
  }

  // Fetches those of the channels from first on for an image; a barrier comes before they are used.
  __device__ void fetch(int slot, const Image& s, int image, int first) const {
    if (norm.statistics == nullptr || threadIdx.x >= tile_k) return;
    int channel = first + threadIdx.x, count = s.channels.count;
    float4 of_channel = {0.0f, 0.0f, 0.0f, 0.0f};  // where channels only fill up: zeros stay
    if (channel < count) {
      const float* of_set = norm.statistics + static_cast<int64_t>(image / norm.set_images) * 2 * count;
      of_channel = {of_set[channel], of_set[count + channel], norm.weight[channel], norm.bias[channel]};
    }
    numbers()[slot * tile_k + threadIdx.x] = of_channel;
  }

  __device__ void begin() const {
    if (norm.statistics != nullptr) __syncthreads();
  }

  // Changes the thread's numbers of a tile that has arrived, laid out as by load_window.
  template <int side, int stride>
  __device__ void change(uint4* tile, int slot, const Image& s, int row, int column) const {
    using Size = GradientTile<side, stride>;
    if (norm.statistics == nullptr) return;
    for (int unit = threadIdx.x; unit < tile_k / lanes8 * Size::block; unit += Size::threads) {
      int at_row, at_column;
      window_pixel<side, stride>(unit % Size::block, row, column, &at_row, &at_column);
      if (at_row < 0 || at_row >= s.h || at_column < 0 || at_column >= s.w) continue;
      const float4* channels = numbers() + slot * tile_k + unit / Size::block * lanes8;
      bf16* place = reinterpret_cast<bf16*>(tile + unit);
      float values[lanes8], normal;
      load8(place, values);
      for (int i = 0; i < lanes8; ++i) {
        float4 c = channels[i];
        float z = batch_norm_value(c.x, c.y, c.z, c.w, values[i], &normal);
        values[i] = z > 0.0f ? z : norm.slope * z;
      }
      store8(place, values);
    }
  }
};

// What is summed from a tile of staged results, two threads to each of its 64 rows: each(value, row, column) for every
// other pixel of the image, value as it is stored. place says where a pixel of the tile lies.
template <int pixels, int stage_stride, class Place, class Each>
__device__ void each_stored(const float* stage, const Image& t, Place place, Each each) {
  const float* values = stage + threadIdx.x / 2 * stage_stride;
  for (int pixel = threadIdx.x % 2; pixel < pixels; pixel += 2) {
    int row, column;
    place(pixel / tile_columns, pixel % tile_columns, &row, &column);
    if (row < t.h && column < t.w) each(stored(values[pixel]), row, column);
  }
}

__device__ inline float sum_of_pair(float value) { return value + __shfl_xor_sync(0xffffffffu, value, 1); }

// Stores two numbers of a tile and a channel: float[tiles][2][channels], tiles image by image, from left to right and
// then down.
__device__ inline void put_of_tile(float* to, float a, float b, const Image& t, int first) {
  int channel = first + threadIdx.x / 2, count = t.channels.count;
  if (threadIdx.x % 2 != 0 || channel >= count) return;
  to += (static_cast<int64_t>(blockIdx.z) * gridDim.y + blockIdx.y) * 2 * count + channel;
  to[0] = a;
  to[count] = b;
}

// The mean of each channel over a tile of results, and the sum of squares of what lies off it; the tile's first number
// is taken off before, so that rounding does not grow with the mean.
template <int pixels, int stage_stride>
struct TileMoments {
  float* moments;
  float sum = 0.0f, squares = 0.0f, shift = 0.0f, count = 0.0f;

  template <class Place>
  __device__ void add(const float* stage, const Image& t, int, int, Place place) {
    if (moments == nullptr) return;
    shift = stored(stage[threadIdx.x / 2 * stage_stride]);
    each_stored<pixels, stage_stride>(stage, t, place, [&](float value, int, int) {
      float d = value - shift;
      sum += d;
      squares += d * d;
      count += 1.0f;
    });
  }

  __device__ void finish(const Image& t, int first) {
    if (moments == nullptr) return;
    float all = sum_of_pair(sum), all_squares = sum_of_pair(squares), mean = all / sum_of_pair(count);
    put_of_tile(moments, shift + mean, fmaxf(all_squares - all * mean, 0.0f), t, first);
  }
};

// Where dx is the gradient of what a normalisation made of x: the sums over a tile of g = dx, or slope dx where x went
// through the leaky ReLU's other half, and of g n.
template <int pixels, int stage_stride>
struct TileGradients {
  Norm norm;
  const bf16* x;
  float* partial;
  float sum = 0.0f, products = 0.0f;

  template <class Place>
  __device__ void add(const float* stage, const Image& t, int image, int first, Place place) {
    int channel = first + threadIdx.x / 2, count = t.channels.count;
    if (partial == nullptr || channel >= count) return;
    const float* of_set = norm.statistics + static_cast<int64_t>(image / norm.set_images) * 2 * count;
    float mean = of_set[channel], inverse = of_set[count + channel];
    float weight = norm.weight[channel], bias = norm.bias[channel];
    const bf16* of_channel =
        x + block8_index(image, blocks8(count), channel / lanes8, t.pixels(), 0) + channel % lanes8;
    each_stored<pixels, stage_stride>(stage, t, place, [&](float value, int row, int column) {
      uint32_t bits = of_channel[(static_cast<int64_t>(row) * t.w + column) * lanes8].bits;
      float normal;
      float z = batch_norm_value(mean, inverse, weight, bias, __uint_as_float(bits << 16), &normal);
      float g = z > 0.0f ? value : norm.slope * value;
      sum += g;
      products += g * normal;
    });
  }

  __device__ void finish(const Image& t, int first) {
    if (partial == nullptr) return;
    float all = sum_of_pair(sum), all_products = sum_of_pair(products);
    put_of_tile(partial, all, all_products, t, first);
  }
};

}  // namespace gemm
