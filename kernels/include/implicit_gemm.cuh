// The stride-1 convolutions of the bf16 mode on tensor cores: a product of matrices whose second factor is never
// formed.
//   M  rows of the result, K  numbers of the source at a pixel, N  pixels; a sum over K and the taps of the window
// Source and target are features bf16[n][c / 8][h][w][8] (include/bf16.cuh) or pictures float[n][h][w][c]. Either may
// be an image shuffle times as high and wide: then its channels at the shuffle^2 sub-positions of a pixel are the
// numbers of that pixel, sub-position by sub-position and each filled up to a multiple of 8 for features, so that 8
// numbers in a row are always one block of channels. Channel c at sub-position s is channel c shuffle^2 + s of the
// convolution.
#pragma once

#include "copy.cuh"
#include "fragments.cuh"
#include "mma.cuh"

namespace gemm {

constexpr int threads = 128, tile_rows = 8, tile_columns = 16;
constexpr int stage_stride = tile_rows * tile_columns + 1;  // floats from one row of sums to the next

// Images of h x w pixels as the convolution sees them.
struct Image {
  int n, h, w;
  Channels channels;

  __device__ int64_t pixels() const { return static_cast<int64_t>(h) * w * channels.shuffle * channels.shuffle; }
  // Where sub-position sub of a pixel lies in its image.
  __device__ int64_t pixel(int row, int column, int sub) const {
    int r = channels.shuffle;
    return (static_cast<int64_t>(row) * r + sub / r) * w * r + static_cast<int64_t>(column) * r + sub % r;
  }
};

template <int side>
struct Tile {
  static constexpr int rows = tile_rows + side - 1, columns = tile_columns + side - 1;
  static constexpr int units = tile_k / lanes8 * rows * columns;  // of 16 bytes: 8 numbers of a pixel
  static constexpr int weights = side * fragment_units;           // of a row of taps
  static constexpr int stage = (tile_m * stage_stride * 4 + 15) / 16;
  static constexpr int memory = 2 * (units + weights) > stage ? 2 * (units + weights) : stage;
};

// The two blocks of numbers of a chunk, at a tile's pixels and those around it: zero outside the image.
template <int side, class T>
__device__ void load_pixels(uint4* tile, const T* source, const Image& s, int image, int row, int column, int chunk) {
  using Size = Tile<side>;
  const Channels& channels = s.channels;
  int subs = channels.shuffle * channels.shuffle;
  for (int unit = threadIdx.x; unit < Size::units; unit += threads) {
    int at_column = column - side / 2 + unit % Size::columns;
    int at_row = row - side / 2 + unit / Size::columns % Size::rows;
    int k = chunk * tile_k + unit / (Size::columns * Size::rows) * lanes8;
    bool inside = at_row >= 0 && at_row < s.h && at_column >= 0 && at_column < s.w;
    if constexpr (sizeof(T) == sizeof(bf16)) {
      int padded = channels.padded(), sub = k / padded;
      bool valid = inside && sub < subs;
      int64_t from =
          valid ? block8_index(image, padded / lanes8, k % padded / lanes8, s.pixels(), s.pixel(at_row, at_column, sub))
                : 0;
      cp_async16(tile + unit, source + from, valid);
    } else {
      float values[lanes8] = {};
      for (int j = 0; j < lanes8; ++j) {
        int sub = (k + j) / channels.count, c = (k + j) % channels.count;
        if (inside && sub < subs) {
          values[j] = source[(image * s.pixels() + s.pixel(at_row, at_column, sub)) * channels.count + c];
        }
      }
      store8(reinterpret_cast<bf16*>(tile + unit), values);
    }
  }
}

// sums += weights * pixels for one row of taps: the warp's 64 rows at two rows of 16 pixels.
template <int side>
__device__ void multiply(float (&sums)[4][4][4], const uint4* weights, const uint4* tile, int tap_row) {
  using Size = Tile<side>;
  int lane = threadIdx.x % lanes, warp = threadIdx.x / lanes;
  // Matrices of ldmatrix: 8 pixels with the first 8 numbers, with the second 8; then the next 8 pixels.
  int unit = (lane / 8 % 2 * Size::rows + 2 * warp + tap_row) * Size::columns + lane / 16 * 8 + lane % 8;
  for (int tap = 0; tap < side; ++tap) {
    uint32_t pixels[4][2];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      uint32_t words[4];
      ldmatrix_x4(words, tile + unit + row * Size::columns + tap);
      for (int i = 0; i < 4; ++i) pixels[2 * row + i / 2][i % 2] = words[i];
    }
#pragma unroll
    for (int m = 0; m < 4; ++m) {
      uint4 words = weights[(tap * 4 + m) * lanes + lane];
      uint32_t a[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
      for (int p = 0; p < 4; ++p) mma_m16n8k16(sums[m][p], a, pixels[p]);
    }
  }
}

// What becomes of a sum: v = scale * act(sum + bias), 0 where the mask is not positive, plus what added holds. Pointers
// may be null; mask and added are laid out as the target, and added may be the target.
template <class T>
struct Epilogue {
  const float* bias;
  const T* mask;
  const T* added;
  bool relu;
  float scale;

  __device__ float value(float sum, int channel) const {
    if (bias != nullptr) sum += bias[channel];
    if (relu && sum < 0.0f) sum = 0.0f;
    return scale * sum;
  }
};

// The thread's pixel, from the staged sums of rows first to first + 63. stored(row of the stage, where they lie,
// values) for each 8 numbers of it.
template <class Stored>
__device__ void finish(const float* stage, bf16* target, const Image& t, int image, int row, int column, int first,
                       const Epilogue<bf16>& end, Stored stored) {
  int padded = t.channels.padded();
  for (int m = first; m < first + tile_m && m < t.channels.numbers(); m += lanes8) {
    int64_t at =
        block8_index(image, padded / lanes8, m % padded / lanes8, t.pixels(), t.pixel(row, column, m / padded));
    float values[lanes8], mask[lanes8], added[lanes8] = {};
    if (end.mask != nullptr) load8(end.mask + at, mask);
    if (end.added != nullptr) load8(end.added + at, added);
    for (int j = 0; j < lanes8; ++j) {
      int channel = t.channels.of(m + j);
      float value = channel < 0 ? 0.0f : end.value(stage[(m - first + j) * stage_stride], channel);
      if (end.mask != nullptr && !(mask[j] > 0.0f)) value = 0.0f;
      values[j] = channel < 0 ? 0.0f : value + added[j];
    }
    store8(target + at, values);
    stored(m - first, at, values);
  }
}

__device__ inline void finish(const float* stage, bf16* target, const Image& t, int image, int row, int column,
                              int first, const Epilogue<bf16>& end) {
  finish(stage, target, t, image, row, column, first, end, [](int, int64_t, const float(&)[lanes8]) {});
}

__device__ inline void finish(const float* stage, float* target, const Image& t, int image, int row, int column,
                              int first, const Epilogue<float>& end) {
  int count = t.channels.count;
  for (int m = first; m < first + tile_m && m < t.channels.numbers(); ++m) {
    int64_t at = (image * t.pixels() + t.pixel(row, column, m / count)) * count + m % count;
    float value = end.value(stage[(m - first) * stage_stride], t.channels.of(m));
    if (end.mask != nullptr && !(end.mask[at] > 0.0f)) value = 0.0f;
    target[at] = end.added != nullptr ? value + end.added[at] : value;
  }
}

// What a block makes of its tile from (row, column) on: a thread finishes a pixel.
template <class T>
__device__ void finish_tile(const float* stage, T* target, const Image& t, int image, int row, int column,
                            const Epilogue<T>& end) {
  row += threadIdx.x / tile_columns;
  column += threadIdx.x % tile_columns;
  if (row < t.h && column < t.w) {
    finish(stage + threadIdx.x, target, t, image, row, column, blockIdx.x * tile_m, end);
  }
}

// A source that is multiplied as it is read, and results of which nothing but the target is made.
// include/norm_gemm.cuh has others.
struct AsIs {
  __device__ void fetch(int, const Image&, int, int) const {}
  __device__ void begin() const {}
  template <int side, int stride>
  __device__ void change(uint4*, int, const Image&, int, int) const {}
};
struct TargetAlone {
  template <class Place>
  __device__ void add(const float*, const Image&, int, int, Place) {}
  __device__ void finish(const Image&, int) {}
};

// One block: 64 rows of M at 8 rows of 16 pixels of one image; the grid covers (numbers of the target, w, h), n times.
// Weights of one row of taps are multiplied while those of the next are under way, and so are chunks of the source.
template <int side, class Source, class Target, class End, class Input = AsIs, class Also = TargetAlone>
__device__ void convolve(const Source* source, const bf16* packed, Target* target, const Image& s, const Image& t,
                         const End& end, const Input& input = {}, Also also = {}) {
  using Size = Tile<side>;
  __shared__ uint4 memory[Size::memory];
  uint4* const tiles = memory;
  uint4* const weights = memory + 2 * Size::units;
  int bands = (s.h + tile_rows - 1) / tile_rows;
  int image = blockIdx.z / bands, row = blockIdx.z % bands * tile_rows, column = blockIdx.y * tile_columns;
  int steps = (s.channels.numbers() + tile_k - 1) / tile_k * side;
  const bf16* block_weights = packed + static_cast<int64_t>(blockIdx.x) * steps * Size::weights * lanes8;
  auto load = [&](int step) {
    for (int unit = threadIdx.x; unit < Size::weights; unit += threads) {
      const bf16* from = block_weights + (static_cast<int64_t>(step) * Size::weights + unit) * lanes8;
      cp_async16(weights + step % 2 * Size::weights + unit, from, true);
    }
    int chunk = step / side;
    if (step % side == 0) {
      load_pixels<side>(tiles + chunk % 2 * Size::units, source, s, image, row, column, chunk);
      input.fetch(chunk % 2, s, image, chunk * tile_k);
    }
  };
  float sums[4][4][4] = {};
  load(0);
  cp_async_commit();
  input.begin();
  for (int step = 0; step < steps; ++step) {
    if (step + 1 < steps) load(step + 1);
    cp_async_commit();
    cp_async_wait<1>();
    if (step % side == 0) {
      int slot = step / side % 2;
      input.template change<side, 1>(tiles + slot * Size::units, slot, s, row, column);
    }
    __syncthreads();
    multiply<side>(sums, weights + step % 2 * Size::weights, tiles + step / side % 2 * Size::units, step % side);
    __syncthreads();
  }
  float* stage = reinterpret_cast<float*>(memory);
  int lane = threadIdx.x % lanes, warp = threadIdx.x / lanes;
#pragma unroll
  for (int m = 0; m < 4; ++m) {
#pragma unroll
    for (int p = 0; p < 4; ++p) {
      float* to = stage + (m * 16 + lane / 4) * stage_stride + warp * 32 + p * 8 + lane % 4 * 2;
      to[0] = sums[m][p][0];
      to[1] = sums[m][p][1];
      to[8 * stage_stride] = sums[m][p][2];
      to[8 * stage_stride + 1] = sums[m][p][3];
    }
  }
  __syncthreads();
  also.add(stage, t, image, blockIdx.x * tile_m, [=](int r, int c, int* to_row, int* to_column) {
    *to_row = row + r;
    *to_column = column + c;
  });
  also.finish(t, blockIdx.x * tile_m);
  finish_tile(stage, target, t, image, row, column, end);
}

template <class T>
constexpr bool is_picture = sizeof(T) == sizeof(float);

template <int side, class X, class Y>
__device__ void forward(const X* x, const bf16* packed, const float* bias, const Y* residual, Y* y, int n, int h, int w,
                        int in, int out, int shuffle, int relu, float scale) {
  convolve<side>(x, packed, y, {n, h, w, {in, 1, is_picture<X>}},
                 {n, h, w, {out / (shuffle * shuffle), shuffle, is_picture<Y>}},
                 Epilogue<Y>{bias, nullptr, residual, relu != 0, scale});
}

template <int side, class X, class Y>
__device__ void backward_input(const Y* dy, const bf16* packed, const X* mask, const X* added, X* dx, int n, int h,
                               int w, int in, int out, int shuffle, float scale) {
  convolve<side>(dy, packed, dx, {n, h, w, {out / (shuffle * shuffle), shuffle, is_picture<Y>}},
                 {n, h, w, {in, 1, is_picture<X>}}, Epilogue<X>{nullptr, mask, added, false, scale});
}

}  // namespace gemm
