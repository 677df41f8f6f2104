// 3x3 convolution, stride 2, zero padding 1, no bias, in plain fp32 and, below, in bf16.
//   x, dx [N, I, H, W] as float[n][h][w][in]; y, dy [N, O, (H + 1) / 2, (W + 1) / 2] as float[n][.][.][out]
//   weight float[out][in][3][3], packed float[9][in][out] (forward) or [9][out][in] (backward), in a buffer that has
//   room for other devices' forms.
// With accumulate results are added to what is there, else written.
#include "strided_gemm.cuh"

// packed[tap][in][out] = weight[out][in][tap]. One thread: the weights of one pair of channels. Items: in * out; block
// 256.
extern "C" __global__ void strided_conv3x3_pack_forward(const float* weight, float* packed, int in, int out) {
  int64_t index = global_index(), pairs = static_cast<int64_t>(in) * out;
  if (index >= pairs) return;
  int64_t i = index / out, o = index % out;
  for (int tap = 0; tap < 9; ++tap) packed[tap * pairs + index] = weight[(o * in + i) * 9 + tap];
}
KERNEL(strided_conv3x3_pack_forward, 256, 1, 1)

// packed[tap][out][in] = weight[out][in][tap], for strided_conv3x3_backward_input.
extern "C" __global__ void strided_conv3x3_pack_backward(const float* weight, float* packed, int in, int out) {
  int64_t index = global_index(), pairs = static_cast<int64_t>(in) * out;
  if (index >= pairs) return;
  for (int tap = 0; tap < 9; ++tap) packed[tap * pairs + index] = weight[index * 9 + tap];
}
KERNEL(strided_conv3x3_pack_backward, 256, 1, 1)

// y = conv(x). One thread: one channel of one pixel of y. Items: (out, width of y, n * height of y); block 32x8x1.
extern "C" __global__ void strided_conv3x3_forward(const float* x, const float* packed, float* y, int n, int h, int w,
                                                   int in, int out) {
  int o = blockIdx.x * blockDim.x + threadIdx.x;
  int column = blockIdx.y * blockDim.y + threadIdx.y;
  int line = blockIdx.z * blockDim.z + threadIdx.z;
  int y_h = (h + 1) / 2, y_w = (w + 1) / 2;
  if (o >= out || column >= y_w || line >= n * y_h) return;
  int image = line / y_h, row = line % y_h;
  float sum = 0.0f;
  for (int dr = 0; dr < 3; ++dr) {
    int from_row = 2 * row + dr - 1;
    if (from_row < 0 || from_row >= h) continue;
    for (int dc = 0; dc < 3; ++dc) {
      int from_column = 2 * column + dc - 1;
      if (from_column < 0 || from_column >= w) continue;
      const float* pixel = x + ((static_cast<int64_t>(image) * h + from_row) * w + from_column) * in;
      const float* weights = packed + static_cast<int64_t>(dr * 3 + dc) * in * out + o;
      for (int i = 0; i < in; ++i) sum += pixel[i] * weights[static_cast<int64_t>(i) * out];
    }
  }
  y[(static_cast<int64_t>(line) * y_w + column) * out + o] = sum;
}
KERNEL(strided_conv3x3_forward, 32, 8, 1)

// dx (+)= conv^T(dy): every output that read the pixel, through the tap it was read by. One thread: one channel of one
// pixel of x. Items: (in, w, n * h); block 32x8x1.
extern "C" __global__ void strided_conv3x3_backward_input(const float* dy, const float* packed, float* dx, int n, int h,
                                                          int w, int in, int out, int accumulate) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int column = blockIdx.y * blockDim.y + threadIdx.y;
  int line = blockIdx.z * blockDim.z + threadIdx.z;
  if (i >= in || column >= w || line >= n * h) return;
  int image = line / h, row = line % h, y_h = (h + 1) / 2, y_w = (w + 1) / 2;
  float sum = 0.0f;
  for (int dr = (row + 1) % 2; dr < 3; dr += 2) {
    int y_row = (row + 1 - dr) / 2;
    if (row + 1 < dr || y_row >= y_h) continue;
    for (int dc = (column + 1) % 2; dc < 3; dc += 2) {
      int y_column = (column + 1 - dc) / 2;
      if (column + 1 < dc || y_column >= y_w) continue;
      const float* pixel = dy + ((static_cast<int64_t>(image) * y_h + y_row) * y_w + y_column) * out;
      const float* weights = packed + static_cast<int64_t>(dr * 3 + dc) * in * out + i;
      for (int o = 0; o < out; ++o) sum += pixel[o] * weights[static_cast<int64_t>(o) * in];
    }
  }
  int64_t index = (static_cast<int64_t>(line) * w + column) * in + i;
  dx[index] = accumulate ? dx[index] + sum : sum;
}
KERNEL(strided_conv3x3_backward_input, 32, 8, 1)

// dweight (+)= sum over the pixels of dy of dy and what it read. Sums row by row, so that rounding grows with rows plus
// columns. One thread: one weight. Items: out * in * 9; block 256.
extern "C" __global__ void strided_conv3x3_backward_weight(const float* x, const float* dy, float* dweight, int n,
                                                           int h, int w, int in, int out, int accumulate) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(out) * in * 9) return;
  int tap = static_cast<int>(index % 9), i = static_cast<int>(index / 9 % in), o = static_cast<int>(index / 9 / in);
  int y_h = (h + 1) / 2, y_w = (w + 1) / 2;
  float sum = 0.0f;
  for (int line = 0; line < n * y_h; ++line) {
    int image = line / y_h, from_row = line % y_h * 2 + tap / 3 - 1;
    if (from_row < 0 || from_row >= h) continue;
    const float* x_row = x + (static_cast<int64_t>(image) * h + from_row) * w * in + i;
    const float* dy_row = dy + static_cast<int64_t>(line) * y_w * out + o;
    float row_sum = 0.0f;
    for (int column = 0; column < y_w; ++column) {
      int from_column = 2 * column + tap % 3 - 1;
      if (from_column < 0 || from_column >= w) continue;
      row_sum += x_row[static_cast<int64_t>(from_column) * in] * dy_row[static_cast<int64_t>(column) * out];
    }
    sum += row_sum;
  }
  dweight[index] = accumulate ? dweight[index] + sum : sum;
}
KERNEL(strided_conv3x3_backward_weight, 256, 1, 1)

// The bf16 mode, on tensor cores: include/strided_gemm.cuh. packed holds ceil(M / 64) * ceil(K / 16) * 9 * 1024
// numbers, where M are the channels of the result of a pass and K those of its source.

// One thread: 8 weights. Items: packed numbers / 8; block 256.
extern "C" __global__ void strided_conv3x3_pack_forward_bf16(const float* weight, bf16* packed, int in, int out) {
  gemm::pack<3, false>(weight, packed, in, {out, 1, false}, global_index());
}
KERNEL(strided_conv3x3_pack_forward_bf16, 256, 1, 1)

extern "C" __global__ void strided_conv3x3_pack_backward_bf16(const float* weight, bf16* packed, int in, int out) {
  gemm::pack<3, true>(weight, packed, in, {out, 1, false}, global_index());
}
KERNEL(strided_conv3x3_pack_backward_bf16, 256, 1, 1)

// Items: (out filled up to a multiple of 8, width of y, height of y), n times; block 128 for 64 x 16 x 4 of them.
extern "C" __global__ void strided_conv3x3_forward_bf16(const bf16* x, const bf16* packed, bf16* y, int n, int h, int w,
                                                        int in, int out) {
  strided::forward(x, packed, y, {n, h, w, {in, 1, false}}, {n, (h + 1) / 2, (w + 1) / 2, {out, 1, false}});
}
TILED_KERNEL(strided_conv3x3_forward_bf16, strided::threads, 1, 1, strided::tile_m, strided::tile_columns,
             strided::rows)

// Items: (in filled up to a multiple of 8, width of y, height of y), n times; block 128 for 64 x 16 x 4 of them.
extern "C" __global__ void strided_conv3x3_backward_input_bf16(const bf16* dy, const bf16* packed, bf16* dx, int n,
                                                               int h, int w, int in, int out, int accumulate) {
  strided::backward_input(dy, packed, dx, {n, h, w, {in, 1, false}}, {n, (h + 1) / 2, (w + 1) / 2, {out, 1, false}},
                          accumulate);
}
TILED_KERNEL(strided_conv3x3_backward_input_bf16, strided::threads, 1, 1, strided::tile_m, strided::tile_columns,
             strided::rows)

// Parts of what strided_conv3x3_backward_weight adds up, for sum_parts, and of the sums of dy:
// include/weight_gradient.cuh. Items: (out, in, parts); block 128 for 64 x 16 x 1 of them.
extern "C" __global__ void strided_conv3x3_backward_weight_bf16(const bf16* x, const bf16* dy, float* partial, int n,
                                                                int h, int w, int in, int out, int parts) {
  gemm::weight_gradient<3, 2>(x, dy, partial, {n, h, w, {in, 1, false}}, {n, (h + 1) / 2, (w + 1) / 2, {out, 1, false}},
                              parts);
}
TILED_KERNEL(strided_conv3x3_backward_weight_bf16, strided::threads, 1, 1, gemm::tile_m, gemm::tile_k, 1)
