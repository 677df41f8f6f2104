// A convolution to a picture that is compared with a target instead of written.
#pragma once

#include "implicit_gemm.cuh"
#include "pixel_loss.cuh"

namespace gemm {

struct LossEpilogue {
  const float* bias;
  PixelLoss* loss;
};

// The tile's numbers row by row of the picture, so that neighbouring threads have neighbouring numbers.
template <int r>
__device__ void compare_tile(const float* stage, float* gradient, const Image& t, int image, int row, int column,
                             const LossEpilogue& end) {
  constexpr int line = tile_columns * r * 3;
  for (int i = threadIdx.x; i < tile_rows * r * line; i += threads) {
    int y = i / line, x = i % line / 3, colour = i % 3;
    int at_row = row + y / r, at_column = column + x / r;
    if (at_row < 1 || at_row >= t.h - 1 || at_column < 1 || at_column >= t.w - 1) continue;
    int sub = y % r * r + x % r;
    float value = stage[(sub * 3 + colour) * stage_stride + y / r * tile_columns + x / r];
    int64_t line_at = static_cast<int64_t>(image) * t.h * r + row * r + y;
    end.loss->take(value + end.bias[colour * r * r + sub], (line_at * t.w * r + column * r + x) * 3 + colour, colour,
                   gradient);
  }
}

__device__ inline void finish_tile(const float* stage, float* gradient, const Image& t, int image, int row, int column,
                                   const LossEpilogue& end) {
  switch (t.channels.shuffle) {
    case 1:
      return compare_tile<1>(stage, gradient, t, image, row, column, end);
    case 2:
      return compare_tile<2>(stage, gradient, t, image, row, column, end);
    case 3:
      return compare_tile<3>(stage, gradient, t, image, row, column, end);
    default:
      return compare_tile<4>(stage, gradient, t, image, row, column, end);
  }
}

// To a picture of 3 colours: its gradient is the result, the sums are in the thread's loss.
template <int side>
__device__ void forward_loss(const bf16* x, const bf16* packed, const float* bias, float* gradient, int n, int h, int w,
                             int in, int out, int shuffle, PixelLoss* loss) {
  convolve<side>(x, packed, gradient, {n, h, w, {in, 1, false}}, {n, h, w, {out / (shuffle * shuffle), shuffle, true}},
                 LossEpilogue{bias, loss});
}

}  // namespace gemm
