// The sums of a stride-1 convolution with odd side and zero padding side / 2, for one output value each.
//   x [N, I, H, W] as float[n][h][w][in], weight float[out][in][side][side]
//   y [N, O, H, W] as float[n][h][w][out]; with shuffle r its channel c r^2 + i r + j is stored as pixel shuffle does:
//   at channel c of pixel (row r + i, column r + j) of an image r times as high and wide
#pragma once

#include "common.cuh"

struct ConvolutionShape {
  int n, h, w, in, out, shuffle;
};

// Where the value of channel o at pixel (row, column) of image lies in y.
__device__ inline int64_t output_index(const ConvolutionShape& s, int image, int row, int column, int o) {
  int r = s.shuffle;
  int phase = o % (r * r), channel = o / (r * r), channels = s.out / (r * r);
  int64_t y_row = (static_cast<int64_t>(image) * s.h + row) * r + phase / r;
  int64_t y_column = static_cast<int64_t>(column) * r + phase % r;
  return (y_row * (static_cast<int64_t>(s.w) * r) + y_column) * channels + channel;
}

// packed[tap][in][out] = weight[out][in][tap]. One thread: one pair of channels, numbered by index.
template <int side>
__device__ void pack_forward(const float* weight, float* packed, int in, int out, int64_t index) {
  constexpr int taps = side * side;
  int64_t pairs = static_cast<int64_t>(in) * out;
  if (index >= pairs) return;
  int64_t i = index / out, o = index % out;
  for (int tap = 0; tap < taps; ++tap) packed[tap * pairs + index] = weight[(o * in + i) * taps + tap];
}

// packed[tap][out][in] = weight[out][in][tap]: the order in which backward_input reads.
template <int side>
__device__ void pack_backward(const float* weight, float* packed, int in, int out, int64_t index) {
  constexpr int taps = side * side;
  int64_t pairs = static_cast<int64_t>(in) * out;
  if (index >= pairs) return;
  for (int tap = 0; tap < taps; ++tap) packed[tap * pairs + index] = weight[index * taps + tap];
}

// The value of y before bias at pixel (row, column), channel o.
template <int side>
__device__ float forward_sum(const float* x, const float* packed, const ConvolutionShape& s, int image, int row,
                             int column, int o) {
  float sum = 0.0f;
  for (int dr = 0; dr < side; ++dr) {
    int from_row = row + dr - side / 2;
    if (from_row < 0 || from_row >= s.h) continue;
    for (int dc = 0; dc < side; ++dc) {
      int from_column = column + dc - side / 2;
      if (from_column < 0 || from_column >= s.w) continue;
      const float* pixel = x + ((static_cast<int64_t>(image) * s.h + from_row) * s.w + from_column) * s.in;
      const float* weights = packed + static_cast<int64_t>(dr * side + dc) * s.in * s.out + o;
      for (int i = 0; i < s.in; ++i) sum += pixel[i] * weights[static_cast<int64_t>(i) * s.out];
    }
  }
  return sum;
}

// The gradient of x at pixel (row, column), channel i: every output that read it, through the tap it was read by.
template <int side>
__device__ float backward_input_sum(const float* dy, const float* packed, const ConvolutionShape& s, int image, int row,
                                    int column, int i) {
  float sum = 0.0f;
  for (int dr = 0; dr < side; ++dr) {
    int y_row = row - dr + side / 2;
    if (y_row < 0 || y_row >= s.h) continue;
    for (int dc = 0; dc < side; ++dc) {
      int y_column = column - dc + side / 2;
      if (y_column < 0 || y_column >= s.w) continue;
      const float* weights = packed + static_cast<int64_t>(dr * side + dc) * s.in * s.out + i;
      for (int o = 0; o < s.out; ++o) {
        sum += dy[output_index(s, image, y_row, y_column, o)] * weights[static_cast<int64_t>(o) * s.in];
      }
    }
  }
  return sum;
}

// The gradient of weight[o][i][dr][dc]. Sums row by row, so that rounding grows with rows plus columns, not pixels.
template <int side>
__device__ float backward_weight_sum(const float* x, const float* dy, const ConvolutionShape& s, int o, int i, int dr,
                                     int dc) {
  int row_shift = dr - side / 2, column_shift = dc - side / 2;
  int first = max(0, -column_shift), last = min(s.w, s.w - column_shift);
  float sum = 0.0f;
  for (int image = 0; image < s.n; ++image) {
    for (int row = max(0, -row_shift); row < min(s.h, s.h - row_shift); ++row) {
      const float* x_row = x + (static_cast<int64_t>(image) * s.h + row + row_shift) * s.w * s.in + i;
      float row_sum = 0.0f;
      for (int column = first; column < last; ++column) {
        row_sum +=
            x_row[static_cast<int64_t>(column + column_shift) * s.in] * dy[output_index(s, image, row, column, o)];
      }
      sum += row_sum;
    }
  }
  return sum;
}

// The gradient of bias[o].
__device__ inline float bias_sum(const float* dy, const ConvolutionShape& s, int o) {
  float sum = 0.0f;
  for (int image = 0; image < s.n; ++image) {
    for (int row = 0; row < s.h; ++row) {
      float row_sum = 0.0f;
      for (int column = 0; column < s.w; ++column) row_sum += dy[output_index(s, image, row, column, o)];
      sum += row_sum;
    }
  }
  return sum;
}

// dweight[index] and, for the first weight of each output channel, dbias: written, or added with accumulate.
template <int side>
__device__ void backward_weight(const float* x, const float* dy, float* dweight, float* dbias,
                                const ConvolutionShape& s, float scale, int accumulate, int64_t index) {
  constexpr int taps = side * side;
  if (index >= static_cast<int64_t>(s.out) * s.in * taps) return;
  int tap = static_cast<int>(index % taps);
  int i = static_cast<int>(index / taps % s.in);
  int o = static_cast<int>(index / taps / s.in);
  float value = scale * backward_weight_sum<side>(x, dy, s, o, i, tap / side, tap % side);
  dweight[index] = accumulate ? dweight[index] + value : value;
  if (dbias != nullptr && i == 0 && tap == 0) {
    float sum = scale * bias_sum(dy, s, o);
    dbias[o] = accumulate ? dbias[o] + sum : sum;
  }
}

// dx at the thread's pixel and channel: x channel, y column, z image and row.
template <int side>
__device__ void backward_input(const float* dy, const float* packed, const float* mask, float* dx,
                               const ConvolutionShape& s, float scale, int accumulate) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int column = blockIdx.y * blockDim.y + threadIdx.y;
  int line = blockIdx.z * blockDim.z + threadIdx.z;
  if (i >= s.in || column >= s.w || line >= s.n * s.h) return;
  int64_t index = (static_cast<int64_t>(line) * s.w + column) * s.in + i;
  float value = 0.0f;
  if (mask == nullptr || mask[index] > 0.0f) {
    value = scale * backward_input_sum<side>(dy, packed, s, line / s.h, line % s.h, column, i);
  }
  dx[index] = accumulate ? dx[index] + value : value;
}
