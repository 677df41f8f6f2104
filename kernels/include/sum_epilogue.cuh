// Convolutions between features that leave, besides their result, sums of it over tiles of pixels (tile_sums.cuh): of
// what is stored, as it was rounded, or of its product with a factor.
#pragma once

#include "implicit_gemm.cuh"
#include "tile_sums.cuh"

namespace gemm {

struct SummedEpilogue {
  Epilogue<bf16> end;
  const bf16* factor;  // laid out as the target, or null
  float* sums;
};

// The sum over the block's pixels of each row of the stage, to the tile's row of sums.
__device__ inline void sum_pixels(float* stage, float* sums, const Image& t, int first) {
  constexpr int pixels = tile_rows * tile_columns, halves = threads / tile_m;
  int m = threadIdx.x % tile_m, half = threadIdx.x / tile_m;
  const float* own = stage + m * stage_stride + half * (pixels / halves);
  float parts[4] = {};
  for (int pixel = 0; pixel < pixels / halves; pixel += 4) {
    for (int i = 0; i < 4; ++i) parts[i] += own[pixel + i];
  }
  float sum = (parts[0] + parts[1]) + (parts[2] + parts[3]);
  if (half == 1) stage[m * stage_stride + pixels] = sum;
  __syncthreads();
  if (half == 0 && first + m < t.channels.count) {
    int across = (t.w + tile_columns - 1) / tile_columns, down = (t.h + tile_rows - 1) / tile_rows;
    int tile = static_cast<int>(blockIdx.z) * across + static_cast<int>(blockIdx.y);
    tile_sums(sums, tile, t.channels.count)[first + m] = sum + stage[m * stage_stride + pixels];
    if (tile == 0 && first + m == 0) write_tile_count(sums, across * down);
  }
}

// A thread finishes a pixel and leaves in its place what is to be summed, 0 outside the image.
__device__ inline void finish_tile(float* stage, bf16* target, const Image& t, int image, int row, int column,
                                   const SummedEpilogue& summed) {
  row += threadIdx.x / tile_columns;
  column += threadIdx.x % tile_columns;
  int first = static_cast<int>(blockIdx.x) * tile_m;
  float* own = stage + threadIdx.x;
  if (row < t.h && column < t.w) {
    finish(own, target, t, image, row, column, first, summed.end, [=](int m, int64_t at, const float(&values)[lanes8]) {
      float factor[lanes8] = {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f};
      if (summed.factor != nullptr) load8(summed.factor + at, factor);
      for (int j = 0; j < lanes8; ++j) {
        own[(m + j) * stage_stride] = factor[j] * __uint_as_float(pack_bf16(values[j], 0.0f) << 16);
      }
    });
  } else {
    for (int m = 0; m < tile_m; ++m) own[m * stage_stride] = 0.0f;
  }
  __syncthreads();
  sum_pixels(stage, summed.sums, t, first);
}

// y = conv(x) + bias; bias may be null.
template <int side>
__device__ void forward_sums(const bf16* x, const bf16* packed, const float* bias, bf16* y, float* sums, int n, int h,
                             int w, int in, int out) {
  convolve<side>(x, packed, y, {n, h, w, {in, 1, false}}, {n, h, w, {out, 1, false}},
                 SummedEpilogue{{bias, nullptr, nullptr, false, 1.0f}, nullptr, sums});
}

// dx = scale * conv^T(dy) + added, summed as its product with factor; added may be null, and may be dx.
template <int side>
__device__ void backward_input_product(const bf16* dy, const bf16* packed, const bf16* added, const bf16* factor,
                                       bf16* dx, float* sums, int n, int h, int w, int in, int out, float scale) {
  convolve<side>(dy, packed, dx, {n, h, w, {out, 1, false}}, {n, h, w, {in, 1, false}},
                 SummedEpilogue{{nullptr, nullptr, added, false, scale}, factor, sums});
}

}  // namespace gemm
