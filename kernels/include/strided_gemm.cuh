// The 3x3 convolution of stride 2 in the bf16 mode, forward and back to its input, on tensor cores. Weights are packed
// as include/implicit_gemm.cuh says. A block of threads has 64 rows of M at 4 rows of 16 pixels of y, a warp 32 of the
// rows and two of these rows.
#pragma once

#include "weight_gradient.cuh"

namespace strided {

using gemm::Image;
using gemm::lanes;
using gemm::threads;
using gemm::tile_columns;
using gemm::tile_m;
using Window = gemm::GradientTile<3, 2>;  // 4 rows of 16 pixels of y and the parity planes of x that they read

constexpr int taps = 9, rows = Window::rows, pixels = Window::pixels;
constexpr int stage_stride = pixels + 1;  // floats from one row of sums to the next
constexpr int stage = (tile_m * stage_stride * 4 + 15) / 16;
static_assert(Window::threads == threads, "one block for all passes");

using Sums = float[2][4][4];  // of a warp: 16 rows of M, 8 pixels, a lane's

__device__ inline void load_weights(uint4* to, const bf16* from, int count) {
  for (int unit = threadIdx.x; unit < count; unit += threads) cp_async16(to + unit, from + unit * lanes8, true);
}

// sums += weights of one tap * the two rows of pixels in b.
__device__ __forceinline__ void multiply(Sums& sums, const uint4* weights, const uint32_t (&b)[4][2]) {
  int lane = threadIdx.x % lanes, half = threadIdx.x / lanes % 2;
#pragma unroll
  for (int m = 0; m < 2; ++m) {
    uint4 words = weights[(2 * half + m) * lanes + lane];
    uint32_t a[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
    for (int p = 0; p < 4; ++p) mma_m16n8k16(sums[m][p], a, b[p]);
  }
}

// The warp's two rows of 16 pixels, both blocks of 8 numbers; unit is where the first pixel lies.
__device__ __forceinline__ void load_rows(uint32_t (&b)[4][2], const uint4* unit, int block, int pitch) {
  int lane = threadIdx.x % lanes;
  const uint4* from = unit + lane / 8 % 2 * block + lane / 16 * 8 + lane % 8;
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    uint32_t words[4];
    ldmatrix_x4(words, from + row * pitch);
    for (int i = 0; i < 4; ++i) b[2 * row + i / 2][i % 2] = words[i];
  }
}

// Puts the sums of all warps where finish finds them.
__device__ inline void put(float* staged, const Sums& sums) {
  int lane = threadIdx.x % lanes, warp = threadIdx.x / lanes;
#pragma unroll
  for (int m = 0; m < 2; ++m) {
#pragma unroll
    for (int p = 0; p < 4; ++p) {
      float* to = staged + (warp % 2 * 32 + m * 16 + lane / 4) * stage_stride + warp / 2 * 32 + p * 8 + lane % 4 * 2;
      to[0] = sums[m][p][0];
      to[1] = sums[m][p][1];
      to[8 * stage_stride] = sums[m][p][2];
      to[8 * stage_stride + 1] = sums[m][p][3];
    }
  }
}

// Stores blocks of 8 of the 64 numbers from first on, at pixel (place(row), place(column)) for each of the tile.
template <class Place>
__device__ void finish(const float* staged, bf16* target, const Image& t, int image, int first, int accumulate,
                       Place place) {
  int blocks = blocks8(t.channels.count);
  for (int unit = threadIdx.x; unit < tile_m / lanes8 * pixels; unit += threads) {
    int pixel = unit % pixels, m = unit / pixels * lanes8, row, column;
    place(pixel / tile_columns, pixel % tile_columns, &row, &column);
    if (first + m >= blocks * lanes8 || row >= t.h || column >= t.w) continue;
    int64_t at = block8_index(image, blocks, (first + m) / lanes8, static_cast<int64_t>(t.h) * t.w,
                              static_cast<int64_t>(row) * t.w + column);
    float values[lanes8] = {};
    if (accumulate) load8(target + at, values);
    for (int j = 0; j < lanes8; ++j) values[j] += staged[(m + j) * stage_stride + pixel];
    store8(target + at, values);
  }
}

// y = conv(x). The grid covers (numbers of y, width of y, height of y), n times.
template <class Input = gemm::AsIs, class Also = gemm::TargetAlone>
__device__ void forward(const bf16* x, const bf16* packed, bf16* y, const Image& s, const Image& t,
                        const Input& input = {}, Also also = {}) {
  constexpr int units = gemm::tile_k / lanes8 * Window::block, weights = 3 * gemm::fragment_units;
  constexpr int memory_units = 2 * (units + weights) > stage ? 2 * (units + weights) : stage;
  __shared__ uint4 memory[memory_units];
  int bands = (t.h + rows - 1) / rows, image = blockIdx.z / bands, row = blockIdx.z % bands * rows;
  int column = blockIdx.y * tile_columns, first = blockIdx.x * tile_m, warp = threadIdx.x / lanes;
  int steps = (s.channels.count + gemm::tile_k - 1) / gemm::tile_k * 3;  // a step: a row of taps of 16 numbers of x
  const bf16* from = packed + static_cast<int64_t>(blockIdx.x) * steps * weights * lanes8;
  uint4* const all_weights = memory + 2 * units;
  auto load = [&](int step) {
    load_weights(all_weights + step % 2 * weights, from + static_cast<int64_t>(step) * weights * lanes8, weights);
    int chunk = step / 3;
    if (step % 3 == 0) {
      gemm::load_window<3, 2>(memory + chunk % 2 * units, x, s, image, row, column, chunk * gemm::tile_k);
      input.fetch(chunk % 2, s, image, chunk * gemm::tile_k);
    }
  };
  Sums sums = {};
  load(0);
  cp_async_commit();
  input.begin();
  for (int step = 0; step < steps; ++step) {
    if (step + 1 < steps) load(step + 1);
    cp_async_commit();
    cp_async_wait<1>();
    if (step % 3 == 0) {
      int slot = step / 3 % 2;
      input.template change<3, 2>(memory + slot * units, slot, s, row, column);
    }
    __syncthreads();
    const uint4* tile = memory + step / 3 % 2 * units + warp / 2 * 2 * Window::x_columns;
    for (int tap = 0; tap < 3; ++tap) {
      uint32_t b[4][2];
      load_rows(b, tile + Window::tap(step % 3 * 3 + tap), Window::block, Window::x_columns);
      multiply(sums, all_weights + step % 2 * weights + tap * gemm::fragment_units, b);
    }
    __syncthreads();
  }
  cp_async_wait<0>();
  float* staged = reinterpret_cast<float*>(memory);
  put(staged, sums);
  __syncthreads();
  auto place = [=](int r, int c, int* to_row, int* to_column) {
    *to_row = row + r;
    *to_column = column + c;
  };
  also.add(staged, t, image, first, place);
  also.finish(t, first);
  finish(staged, y, t, image, first, 0, place);
}

// dx (+)= conv^T(dy). Pixel (2 q + i, 2 p + j) of x is read by 1, 2 or 4 taps from pixels q, q + 1 and p, p + 1 of y: a
// warp sums all four (i, j) of its pixels. The grid covers (numbers of x, width of y, height of y), n times.
template <class Also = gemm::TargetAlone>
__device__ void backward_input(const bf16* dy, const bf16* packed, bf16* dx, const Image& s, const Image& t,
                               int accumulate, Also also = {}) {
  constexpr int pitch = tile_columns + 1, block = (rows + 1) * pitch, units = gemm::tile_k / lanes8 * block;
  constexpr int weights = taps * gemm::fragment_units;
  constexpr int memory_units = 2 * (units + weights) > stage ? 2 * (units + weights) : stage;
  __shared__ uint4 memory[memory_units];
  int bands = (t.h + rows - 1) / rows, image = blockIdx.z / bands, row = blockIdx.z % bands * rows;
  int column = blockIdx.y * tile_columns, first = blockIdx.x * tile_m, warp = threadIdx.x / lanes;
  int chunks = (t.channels.count + gemm::tile_k - 1) / gemm::tile_k, blocks = blocks8(t.channels.count);
  const bf16* from = packed + static_cast<int64_t>(blockIdx.x) * chunks * weights * lanes8;
  auto load = [&](int chunk) {
    uint4* to = memory + chunk % 2 * (units + weights);
    for (int unit = threadIdx.x; unit < units; unit += threads) {
      int number = chunk * 2 + unit / block, r = row + unit % block / pitch, c = column + unit % pitch;
      bool valid = number < blocks && r < t.h && c < t.w;
      int64_t at = valid ? block8_index(image, blocks, number, static_cast<int64_t>(t.h) * t.w,
                                        static_cast<int64_t>(r) * t.w + c)
                         : 0;
      cp_async16(to + unit, dy + at, valid);
    }
    load_weights(to + units, from + static_cast<int64_t>(chunk) * weights * lanes8, weights);
  };
  Sums sums[4] = {};
  load(0);
  cp_async_commit();
  for (int chunk = 0; chunk < chunks; ++chunk) {
    if (chunk + 1 < chunks) load(chunk + 1);
    cp_async_commit();
    cp_async_wait<1>();
    __syncthreads();
    const uint4* tile = memory + chunk % 2 * (units + weights);
#pragma unroll
    for (int shift = 0; shift < 4; ++shift) {
      uint32_t b[4][2];
      load_rows(b, tile + (warp / 2 * 2 + shift / 2) * pitch + shift % 2, block, pitch);
#pragma unroll
      for (int tap = 0; tap < taps; ++tap) {
        int r = tap / 3, c = tap % 3;  // tap 0 reads from the next pixel of y, tap 1 belongs to even pixels of x
        if ((r == 0) != (shift / 2 == 1) || (c == 0) != (shift % 2 == 1)) continue;
        int parity = (r == 1 ? 0 : 2) + (c == 1 ? 0 : 1);
        multiply(sums[parity], tile + units + (taps - 1 - tap) * gemm::fragment_units, b);
      }
    }
    __syncthreads();
  }
  cp_async_wait<0>();
  float* staged = reinterpret_cast<float*>(memory);
#pragma unroll
  for (int parity = 0; parity < 4; ++parity) {
    put(staged, sums[parity]);
    __syncthreads();
    auto place = [=](int r, int c, int* to_row, int* to_column) {
      *to_row = 2 * (row + r) + parity / 2;
      *to_column = 2 * (column + c) + parity % 2;
    };
    also.add(staged, s, image, first, place);
    finish(staged, dx, s, image, first, accumulate, place);
    __syncthreads();
  }
  also.finish(s, first);
}

}  // namespace strided
