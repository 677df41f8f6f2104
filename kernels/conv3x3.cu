// 3x3 convolution, stride 1, zero padding 1, in fp32 and, below, in bf16. Shapes and the pixel shuffle of y:
// include/convolution.cuh.
//   weight float[out][in][3][3], bias float[out], packed float[9][in][out] (forward) or [9][out][in] (backward), in a
//   buffer that has room for other devices' forms. shuffle is 1, 2 or 3.
// With accumulate results are added to what is there, else written.
#include "convolution.cuh"
#include "sum_epilogue.cuh"
#include "weight_gradient.cuh"

// One thread: the weights of one pair of channels. Items: in * out; block 256.
extern "C" __global__ void conv3x3_pack_forward(const float* weight, float* packed, int in, int out,
                                                [[maybe_unused]] int shuffle) {
  pack_forward<3>(weight, packed, in, out, global_index());
}
KERNEL(conv3x3_pack_forward, 256, 1, 1)

// Likewise, for conv3x3_backward_input.
extern "C" __global__ void conv3x3_pack_backward(const float* weight, float* packed, int in, int out,
                                                 [[maybe_unused]] int shuffle) {
  pack_backward<3>(weight, packed, in, out, global_index());
}
KERNEL(conv3x3_pack_backward, 256, 1, 1)

// y = residual + scale * act(conv(x) + bias). bias and residual may be null; act is ReLU or nothing; residual is shaped
// and shuffled as y, and may be y. One thread: one channel of one pixel of conv(x). Items: (out, w, n * h); block
// 32x8x1.
extern "C" __global__ void conv3x3_forward(const float* x, const float* packed, const float* bias,
                                           const float* residual, float* y, int n, int h, int w, int in, int out,
                                           int shuffle, int relu, float scale) {
  int o = blockIdx.x * blockDim.x + threadIdx.x;
  int column = blockIdx.y * blockDim.y + threadIdx.y;
  int line = blockIdx.z * blockDim.z + threadIdx.z;
  if (o >= out || column >= w || line >= n * h) return;
  ConvolutionShape s{n, h, w, in, out, shuffle};
  float value = forward_sum<3>(x, packed, s, line / h, line % h, column, o);
  if (bias != nullptr) value += bias[o];
  if (relu && value < 0.0f) value = 0.0f;
  int64_t index = output_index(s, line / h, line % h, column, o);
  y[index] = (residual != nullptr ? residual[index] : 0.0f) + scale * value;
}
KERNEL(conv3x3_forward, 32, 8, 1)

// dx (+)= scale * (mask > 0) * conv^T(dy). mask is shaped as x, or null: all ones. One thread: one channel of one pixel
// of x. Items: (in, w, n * h); block 32x8x1.
extern "C" __global__ void conv3x3_backward_input(const float* dy, const float* packed, const float* mask, float* dx,
                                                  int n, int h, int w, int in, int out, int shuffle, float scale,
                                                  int accumulate) {
  backward_input<3>(dy, packed, mask, dx, {n, h, w, in, out, shuffle}, scale, accumulate);
}
KERNEL(conv3x3_backward_input, 32, 8, 1)

// dweight (+)= scale * sum over pixels of dy and shifted x; dbias (+)= scale * sum of dy, unless null. One thread: one
// weight. Items: out * in * 9; block 256.
extern "C" __global__ void conv3x3_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n,
                                                   int h, int w, int in, int out, int shuffle, float scale,
                                                   int accumulate) {
  backward_weight<3>(x, dy, dweight, dbias, {n, h, w, in, out, shuffle}, scale, accumulate, global_index());
}
KERNEL(conv3x3_backward_weight, 256, 1, 1)

// The bf16 mode, on tensor cores: include/implicit_gemm.cuh. Features are bf16, pictures float; in the _head forms x is
// a picture, in the _tail forms y is. packed holds ceil(M / 64) * ceil(K / 16) * 9 * 1024 numbers, where M are the
// numbers of the result of a pass at a pixel and K those of its source: in, or out filled up to multiples of 8 at each
// sub-position of the shuffle (not filled up for a picture).

// One thread: 8 weights. picture says whether y is one. Items: packed numbers / 8; block 256.
extern "C" __global__ void conv3x3_pack_forward_bf16(const float* weight, bf16* packed, int in, int out, int shuffle,
                                                     int picture) {
  gemm::pack<3, false>(weight, packed, in, {out / (shuffle * shuffle), shuffle, picture != 0}, global_index());
}
KERNEL(conv3x3_pack_forward_bf16, 256, 1, 1)

// Likewise, for the backward_input forms.
extern "C" __global__ void conv3x3_pack_backward_bf16(const float* weight, bf16* packed, int in, int out, int shuffle,
                                                      int picture) {
  gemm::pack<3, true>(weight, packed, in, {out / (shuffle * shuffle), shuffle, picture != 0}, global_index());
}
KERNEL(conv3x3_pack_backward_bf16, 256, 1, 1)

// As conv3x3_forward and conv3x3_backward_input. Items: (M, w, h), n times; block 128 for 64 x 16 x 8 of them.
extern "C" __global__ void conv3x3_forward_bf16(const bf16* x, const bf16* packed, const float* bias,
                                                const bf16* residual, bf16* y, int n, int h, int w, int in, int out,
                                                int shuffle, int relu, float scale) {
  gemm::forward<3>(x, packed, bias, residual, y, n, h, w, in, out, shuffle, relu, scale);
}
TILED_KERNEL(conv3x3_forward_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv3x3_forward_head_bf16(const float* x, const bf16* packed, const float* bias,
                                                     const bf16* residual, bf16* y, int n, int h, int w, int in,
                                                     int out, int shuffle, int relu, float scale) {
  gemm::forward<3>(x, packed, bias, residual, y, n, h, w, in, out, shuffle, relu, scale);
}
TILED_KERNEL(conv3x3_forward_head_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv3x3_forward_tail_bf16(const bf16* x, const bf16* packed, const float* bias,
                                                     const float* residual, float* y, int n, int h, int w, int in,
                                                     int out, int shuffle, int relu, float scale) {
  gemm::forward<3>(x, packed, bias, residual, y, n, h, w, in, out, shuffle, relu, scale);
}
TILED_KERNEL(conv3x3_forward_tail_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// y = conv(x) + bias, and sums of y as it is stored over tiles of pixels: include/tile_sums.cuh. Bias may be null.
// Items as before.
extern "C" __global__ void conv3x3_forward_sums_bf16(const bf16* x, const bf16* packed, const float* bias, bf16* y,
                                                     float* sums, int n, int h, int w, int in, int out) {
  gemm::forward_sums<3>(x, packed, bias, y, sums, n, h, w, in, out);
}
TILED_KERNEL(conv3x3_forward_sums_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv3x3_backward_input_bf16(const bf16* dy, const bf16* packed, const bf16* mask, bf16* dx,
                                                       int n, int h, int w, int in, int out, int shuffle, float scale,
                                                       int accumulate) {
  gemm::backward_input<3>(dy, packed, mask, accumulate ? dx : nullptr, dx, n, h, w, in, out, shuffle, scale);
}
TILED_KERNEL(conv3x3_backward_input_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// dx = scale * (mask > 0) * conv^T(dy) + skip: what a skip connection brings is left where it is. Items
// and block as above.
extern "C" __global__ void conv3x3_backward_input_skip_bf16(const bf16* dy, const bf16* packed, const bf16* mask,
                                                            const bf16* skip, bf16* dx, int n, int h, int w, int in,
                                                            int out, int shuffle, float scale) {
  gemm::backward_input<3>(dy, packed, mask, skip, dx, n, h, w, in, out, shuffle, scale);
}
TILED_KERNEL(conv3x3_backward_input_skip_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// dx = scale * conv^T(dy) + added, and sums of dx, as it is stored, times factor over tiles of pixels:
// include/tile_sums.cuh. added may be null, and may be dx. Items and block as above.
extern "C" __global__ void conv3x3_backward_input_product_bf16(const bf16* dy, const bf16* packed, const bf16* added,
                                                               const bf16* factor, bf16* dx, float* sums, int n, int h,
                                                               int w, int in, int out, float scale) {
  gemm::backward_input_product<3>(dy, packed, added, factor, dx, sums, n, h, w, in, out, scale);
}
TILED_KERNEL(conv3x3_backward_input_product_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns,
             gemm::tile_rows)

extern "C" __global__ void conv3x3_backward_input_head_bf16(const bf16* dy, const bf16* packed, const float* mask,
                                                            float* dx, int n, int h, int w, int in, int out,
                                                            int shuffle, float scale, int accumulate) {
  gemm::backward_input<3>(dy, packed, mask, accumulate ? dx : nullptr, dx, n, h, w, in, out, shuffle, scale);
}
TILED_KERNEL(conv3x3_backward_input_head_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv3x3_backward_input_tail_bf16(const float* dy, const bf16* packed, const bf16* mask,
                                                            bf16* dx, int n, int h, int w, int in, int out, int shuffle,
                                                            float scale, int accumulate) {
  gemm::backward_input<3>(dy, packed, mask, accumulate ? dx : nullptr, dx, n, h, w, in, out, shuffle, scale);
}
TILED_KERNEL(conv3x3_backward_input_tail_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// Parts of what conv3x3_backward_weight adds up, for sum_parts: include/weight_gradient.cuh. Items: (numbers of y, in,
// parts); block 128 for 64 x 16 x 1 of them.
extern "C" __global__ void conv3x3_backward_weight_bf16(const bf16* x, const bf16* dy, float* partial, int n, int h,
                                                        int w, int in, int out, int shuffle, int parts) {
  gemm::weight_gradient<3>(x, dy, partial, n, h, w, in, out, shuffle, parts);
}
TILED_KERNEL(conv3x3_backward_weight_bf16, (gemm::GradientTile<3, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k, 1)

extern "C" __global__ void conv3x3_backward_weight_head_bf16(const float* x, const bf16* dy, float* partial, int n,
                                                             int h, int w, int in, int out, int shuffle, int parts) {
  gemm::weight_gradient<3>(x, dy, partial, n, h, w, in, out, shuffle, parts);
}
TILED_KERNEL(conv3x3_backward_weight_head_bf16, (gemm::GradientTile<3, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k,
             1)

extern "C" __global__ void conv3x3_backward_weight_tail_bf16(const bf16* x, const float* dy, float* partial, int n,
                                                             int h, int w, int in, int out, int shuffle, int parts) {
  gemm::weight_gradient<3>(x, dy, partial, n, h, w, in, out, shuffle, parts);
}
TILED_KERNEL(conv3x3_backward_weight_tail_bf16, (gemm::GradientTile<3, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k,
             1)

// The same for several layers of one shape, between features and without a shuffle, in slices of parts, for
// sum_parts_group. Items: (numbers of y, in, slices), once for each layer; block 128 for 64 x 16 x 1 of them.
//   layers  int64[layers][5]: where x and dy lie, in bytes from partial on, and what sum_parts_group wants
//   partial float[layers][slices][out * in * 9 + out]
extern "C" __global__ void conv3x3_backward_weight_group(const int64_t* layers, float* partial, int n, int h, int w,
                                                         int in, int out, int parts) {
  gemm::weight_gradients<3>(layers, partial, n, h, w, in, out, parts);
}
TILED_KERNEL(conv3x3_backward_weight_group, (gemm::GradientTile<3, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k, 1)
