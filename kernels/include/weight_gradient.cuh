// Gradients of a convolution's weights in the bf16 mode, on tensor cores: for each tap a product of matrices
//   M  numbers of dy at a pixel, N  numbers of x, K  pixels
// whose factors are both read transposed (ldmatrix .trans) out of blocks of 8 channels; a tap is the tile of x read
// from another start. Sources are laid out as in include/implicit_gemm.cuh. Pixels are dealt to parts: a block of
// threads sums one part's for 64 numbers of dy, 16 of x and all taps, and sum_parts adds the parts in their order.
//   partial float[parts][out * in * taps + out]: products in the order of the weights, then the sums of dy
#pragma once

#include "implicit_gemm.cuh"
#include "slices.cuh"

namespace gemm {

// The tile of one step: rows x 16 pixels of dy and the pixels of x that the window reaches from there. With stride 2 x
// lies in 4 planes, one for each parity of row and column, so that neighbours in a plane are 2 pixels apart in x.
template <int side, int stride>
struct GradientTile {
  static constexpr int taps = side * side, groups = (taps + 12) / 13, group_taps = (taps + groups - 1) / groups;
  static constexpr int warps = 4 * groups, threads = warps * lanes;  // 2 halves of M, 2 blocks of x, groups of taps
  static constexpr int rows = stride == 1 ? tile_rows : tile_rows / 2, pixels = rows * tile_columns;
  static constexpr int x_rows = rows + (side - 1) / stride, x_columns = tile_columns + (side - 1) / stride;
  static constexpr int plane = x_rows * x_columns, block = stride * stride * plane;  // of 16 bytes
  static constexpr int dy_units = tile_m / lanes8 * pixels, units = dy_units + tile_k / lanes8 * block;
  static constexpr int run = tile_k * taps, stage_stride = run + 1, stage_rows = tile_k;
  static constexpr int stage = (stage_rows * stage_stride * 4 + 15) / 16;
  static constexpr int memory = 2 * units > stage ? 2 * units : stage;

  // Where a tap reads, from the place of the pixel at hand.
  __device__ static int tap(int t) {
    int row = t / side, column = t % side;
    return ((row % stride) * stride + column % stride) * plane + row / stride * x_columns + column / stride;
  }
};

// 8 numbers of dy at each pixel of the tile for each of the 8 blocks from number first on: zero outside the image and
// beyond the last number.
template <class Size, class T>
__device__ void load_gradient(uint4* tile, const T* dy, const Image& y, int image, int row, int column, int first) {
  const Channels& channels = y.channels;
  int subs = channels.shuffle * channels.shuffle, padded = channels.padded();
  for (int unit = threadIdx.x; unit < Size::dy_units; unit += Size::threads) {
    int pixel = unit % Size::pixels, number = first + unit / Size::pixels * lanes8;
    int at_row = row + pixel / tile_columns, at_column = column + pixel % tile_columns;
    bool inside = at_row < y.h && at_column < y.w;
    if constexpr (sizeof(T) == sizeof(bf16)) {
      int sub = subs == 1 ? (number < padded ? 0 : 1) : number / padded, c = number - sub * padded;
      bool valid = inside && sub < subs;
      // without a shuffle no division is left
      int64_t pixel = subs == 1 ? static_cast<int64_t>(at_row) * y.w + at_column : y.pixel(at_row, at_column, sub);
      int64_t from = valid ? block8_index(image, padded / lanes8, c / lanes8, y.pixels(), pixel) : 0;
      cp_async16(tile + unit, dy + from, valid);
    } else {
      float values[lanes8] = {};
      for (int j = 0; j < lanes8; ++j) {
        int sub = (number + j) / padded, c = (number + j) % padded;
        if (inside && sub < subs) {
          values[j] = dy[(image * y.pixels() + y.pixel(at_row, at_column, sub)) * padded + c];
        }
      }
      store8(reinterpret_cast<bf16*>(tile + unit), values);
    }
  }
}

// Where place `place` of a block of a tile's window lies in the image, or outside.
template <int side, int stride>
__device__ __forceinline__ void window_pixel(int place, int row, int column, int* at_row, int* at_column) {
  using Size = GradientTile<side, stride>;
  int plane = place / Size::plane;
  *at_row = row * stride - side / 2 + place % Size::plane / Size::x_columns * stride + plane / stride;
  *at_column = column * stride - side / 2 + place % Size::x_columns * stride + plane % stride;
}

// The two blocks of x from number first on that the tile's windows reach.
template <int side, int stride, class T>
__device__ void load_window(uint4* tile, const T* x, const Image& s, int image, int row, int column, int first) {
  using Size = GradientTile<side, stride>;
  constexpr int height = stride * Size::x_rows, width = stride * Size::x_columns;
  for (int unit = threadIdx.x; unit < tile_k / lanes8 * Size::block; unit += Size::threads) {
    int number = first + unit / Size::block * lanes8, at_row, at_column;
    static_assert(height * width == Size::block, "every pixel once");
    window_pixel<side, stride>(unit % Size::block, row, column, &at_row, &at_column);
    bool inside = at_row >= 0 && at_row < s.h && at_column >= 0 && at_column < s.w;
    int64_t pixel = static_cast<int64_t>(at_row) * s.w + at_column, pixels = static_cast<int64_t>(s.h) * s.w;
    if constexpr (sizeof(T) == sizeof(bf16)) {
      bool valid = inside && number < s.channels.count;
      int64_t from = valid ? block8_index(image, blocks8(s.channels.count), number / lanes8, pixels, pixel) : 0;
      cp_async16(tile + unit, x + from, valid);
    } else {
      float values[lanes8] = {};
      for (int j = 0; j < lanes8; ++j) {
        if (inside && number + j < s.channels.count) {
          values[j] = x[(image * pixels + pixel) * s.channels.count + number + j];
        }
      }
      store8(reinterpret_cast<bf16*>(tile + unit), values);
    }
  }
}

// totals += sums, which start again from 0.
template <int m, int n>
__device__ __forceinline__ void add(float (&totals)[m][n], float (&sums)[m][n]) {
#pragma unroll
  for (int i = 0; i < m; ++i) {
#pragma unroll
    for (int j = 0; j < n; ++j) {
      totals[i][j] += sums[i][j];
      sums[i][j] = 0.0f;
    }
  }
}
template <int m, int n, int k>
__device__ __forceinline__ void add(float (&totals)[m][n][k], float (&sums)[m][n][k]) {
#pragma unroll
  for (int i = 0; i < m; ++i) add(totals[i], sums[i]);
}

// One block: numbers 64 blockIdx.x on of dy, 16 blockIdx.y on of x, those parts of all from first to before last; with
// `several` there may be more than one, which are then added. The result is number blockIdx.z of partial. A warp has
// every other 16 of the 64, one block of x and a group of taps.
template <int side, int stride, bool several, class X, class Y, class Input = AsIs>
__device__ void weight_gradient(const X* x, const Y* dy, float* partial, const Image& s, const Image& y, int parts,
                                int first_part, int last_part, const Input& input = {}) {
  using Size = GradientTile<side, stride>;
  __shared__ uint4 memory[Size::memory];
  int lane = threadIdx.x % lanes, warp = threadIdx.x / lanes;
  int half = warp % 2, block = warp / 2 % 2, first_tap = warp / 4 * Size::group_taps;
  int first_y = blockIdx.x * tile_m, first_x = blockIdx.y * tile_k, in = s.channels.count;
  int out = y.channels.count * y.channels.shuffle * y.channels.shuffle;
  int bands = (y.h + Size::rows - 1) / Size::rows, columns = (y.w + tile_columns - 1) / tile_columns;
  int64_t tiles = static_cast<int64_t>(y.n) * bands * columns;
  auto first_tile = [&](int part) { return static_cast<int>(tiles * part / parts); };
  int tile = first_tile(first_part), last = first_tile(last_part);
  [[maybe_unused]] int part = first_part;
  auto row_of = [&](int t) { return t / columns % bands * Size::rows; };
  auto column_of = [&](int t) { return t % columns * tile_columns; };
  auto load = [&](int t) {
    int image = t / columns / bands, row = row_of(t), column = column_of(t);
    uint4* to = memory + t % 2 * Size::units;
    load_gradient<Size>(to, dy, y, image, row, column, first_y);
    load_window<side, stride>(to + Size::dy_units, x, s, image, row, column, first_x);
    input.fetch(t % 2, s, image, first_x);
  };
  bool works = first_x + block * lanes8 < in, adds_bias = blockIdx.y == 0 && block == 0 && first_tap == 0;
  int numbers = y.channels.numbers() - first_y;
  float sums[2][Size::group_taps][4] = {}, bias[2][4] = {};
  [[maybe_unused]] float totals[2][Size::group_taps][4] = {}, total_bias[2][4] = {};
  const uint32_t ones[2] = {0x3f803f80u, 0x3f803f80u};
  if (tile < last) load(tile);
  cp_async_commit();
  input.begin();
  for (; tile < last; ++tile) {
    if (tile + 1 < last) load(tile + 1);
    cp_async_commit();
    cp_async_wait<1>();
    input.template change<side, stride>(memory + tile % 2 * Size::units + Size::dy_units, tile % 2, s, row_of(tile),
                                        column_of(tile));
    __syncthreads();
    // Matrices of ldmatrix: blocks of numbers, then pixels, for dy; pixels, then rows of them, for x.
    const uint4* at_dy =
        memory + tile % 2 * Size::units + (2 * half + lane / 8 % 2) * Size::pixels + lane / 16 * 8 + lane % 8;
    const uint4* at_x = memory + tile % 2 * Size::units + Size::dy_units + block * Size::block +
                        lane / 16 * Size::x_columns + lane % 16;
    if (works) {
#pragma unroll 1
      for (int row = 0; row < Size::rows; row += 2) {
        uint32_t a[2][2][4];
#pragma unroll
        for (int m = 0; m < 2; ++m) {
#pragma unroll
          for (int k = 0; k < 2; ++k) {
            ldmatrix_x4_trans(a[m][k], at_dy + m * 4 * Size::pixels + (row + k) * tile_columns);
          }
        }
#pragma unroll
        for (int t = 0; t < Size::group_taps; ++t) {
          if (Size::taps % Size::groups != 0 && first_tap + t >= Size::taps) continue;
          uint32_t words[4];
          ldmatrix_x4_trans(words, at_x + row * Size::x_columns + Size::tap(first_tap + t));
          const uint32_t b[2][2] = {{words[0], words[1]}, {words[2], words[3]}};
#pragma unroll
          for (int m = 0; m < 2; ++m) {
            if ((2 * m + half) * 16 >= numbers) continue;
#pragma unroll
            for (int k = 0; k < 2; ++k) mma_m16n8k16(sums[m][t], a[m][k], b[k]);
          }
        }
        if (adds_bias) {
#pragma unroll
          for (int m = 0; m < 2; ++m) {
#pragma unroll
            for (int k = 0; k < 2; ++k) mma_m16n8k16(bias[m], a[m][k], ones);
          }
        }
      }
    }
    if constexpr (several) {
      for (; part < last_part && tile + 1 == first_tile(part + 1); ++part) {
        add(totals, sums);
        add(total_bias, bias);
      }
    }
    __syncthreads();
  }
  cp_async_wait<0>();
  float* to = partial + blockIdx.z * (static_cast<int64_t>(out) * in * Size::taps + out);
  const auto& results = several ? totals : sums;
  const auto& bias_results = several ? total_bias : bias;
  float* stage = reinterpret_cast<float*>(memory);
#pragma unroll
  for (int m = 0; m < 2; ++m) {
#pragma unroll
    for (int eight = 0; eight < 2; ++eight) {
#pragma unroll
      for (int t = 0; t < Size::group_taps; ++t) {
        if (first_tap + t >= Size::taps) continue;
        float* place = stage + (half * 8 + lane / 4) * Size::stage_stride + (block * 8 + lane % 4 * 2) * Size::taps +
                       first_tap + t;
        place[0] = results[m][t][2 * eight];
        place[Size::taps] = results[m][t][2 * eight + 1];
      }
      __syncthreads();
      for (int i = threadIdx.x; i < Size::stage_rows * Size::run; i += Size::threads) {
        int row = i / Size::run, weight = i % Size::run;
        int o = y.channels.of(first_y + (2 * m + row / 8) * 16 + eight * 8 + row % 8);
        if (o >= 0 && first_x + weight / Size::taps < in) {
          to[(static_cast<int64_t>(o) * in + first_x) * Size::taps + weight] = stage[row * Size::stage_stride + weight];
        }
      }
      if (adds_bias && lane % 4 == 0) {
        int o = y.channels.of(first_y + (2 * m + half) * 16 + eight * 8 + lane / 4);
        if (o >= 0) to[static_cast<int64_t>(out) * in * Size::taps + o] = bias_results[m][2 * eight];
      }
      __syncthreads();
    }
  }
}

// One part a block: blockIdx.z.
template <int side, int stride, class X, class Y, class Input = AsIs>
__device__ void weight_gradient(const X* x, const Y* dy, float* partial, const Image& s, const Image& y, int parts,
                                const Input& input = {}) {
  int part = blockIdx.z;
  weight_gradient<side, stride, false>(x, dy, partial, s, y, parts, part, part + 1, input);
}

// One slice of one of several layers a block, layer by layer: blockIdx.z. Features without a shuffle.
//   layers int64[layers][5]: where x and dy lie, in bytes from partial on, three words of no use here
template <int side>
__device__ void weight_gradients(const int64_t* layers, float* partial, int n, int h, int w, int in, int out,
                                 int parts) {
  Slices slices{parts};
  int layer = blockIdx.z / slices.count(), slice = blockIdx.z % slices.count();
  const char* base = reinterpret_cast<const char*>(partial);
  const bf16* x = reinterpret_cast<const bf16*>(base + layers[layer * 5]);
  const bf16* dy = reinterpret_cast<const bf16*>(base + layers[layer * 5 + 1]);
  weight_gradient<side, 1, true>(x, dy, partial, {n, h, w, {in, 1, false}}, {n, h, w, {out, 1, false}}, parts,
                                 slices.first(slice), slices.first(slice + 1));
}

// The stride-1 form: y has the size of x, or is pixel-shuffled.
template <int side, class X, class Y>
__device__ void weight_gradient(const X* x, const Y* dy, float* partial, int n, int h, int w, int in, int out,
                                int shuffle, int parts) {
  weight_gradient<side, 1>(x, dy, partial, {n, h, w, {in, 1, is_picture<X>}},
                           {n, h, w, {out / (shuffle * shuffle), shuffle, is_picture<Y>}}, parts);
}

}  // namespace gemm
