// 5x5 convolution, stride 1, zero padding 2, in fp32 and, below, in bf16. Shapes and the pixel shuffle of y:
// include/convolution.cuh.
//   weight float[out][in][5][5], bias float[out], packed float[25][in][out] (forward) or [25][out][in] (backward), in a
//   buffer that has room for other devices' forms. shuffle is 1, 2, 3 or 4.
// With accumulate results are added to what is there, else written.
#include "convolution.cuh"
#include "implicit_gemm.cuh"
#include "loss_epilogue.cuh"
#include "weight_gradient.cuh"

// One thread: the weights of one pair of channels. Items: in * out; block 256.
extern "C" __global__ void conv5x5_pack_forward(const float* weight, float* packed, int in, int out,
                                                [[maybe_unused]] int shuffle) {
  pack_forward<5>(weight, packed, in, out, global_index());
}
KERNEL(conv5x5_pack_forward, 256, 1, 1)

// Likewise, for conv5x5_backward_input.
extern "C" __global__ void conv5x5_pack_backward(const float* weight, float* packed, int in, int out,
                                                 [[maybe_unused]] int shuffle) {
  pack_backward<5>(weight, packed, in, out, global_index());
}
KERNEL(conv5x5_pack_backward, 256, 1, 1)

// y = conv(x) + bias; bias may be null. One thread: one channel of one pixel of conv(x). Items: (out, w, n * h); block
// 32x8x1.
extern "C" __global__ void conv5x5_forward(const float* x, const float* packed, const float* bias, float* y, int n,
                                           int h, int w, int in, int out, int shuffle) {
  int o = blockIdx.x * blockDim.x + threadIdx.x;
  int column = blockIdx.y * blockDim.y + threadIdx.y;
  int line = blockIdx.z * blockDim.z + threadIdx.z;
  if (o >= out || column >= w || line >= n * h) return;
  ConvolutionShape s{n, h, w, in, out, shuffle};
  float value = forward_sum<5>(x, packed, s, line / h, line % h, column, o);
  y[output_index(s, line / h, line % h, column, o)] = bias != nullptr ? value + bias[o] : value;
}
KERNEL(conv5x5_forward, 32, 8, 1)

// dx (+)= scale * (mask > 0) * conv^T(dy). mask is shaped as x, or null: all ones. One thread: one channel of one pixel
// of x. Items: (in, w, n * h); block 32x8x1.
extern "C" __global__ void conv5x5_backward_input(const float* dy, const float* packed, const float* mask, float* dx,
                                                  int n, int h, int w, int in, int out, int shuffle, float scale,
                                                  int accumulate) {
  backward_input<5>(dy, packed, mask, dx, {n, h, w, in, out, shuffle}, scale, accumulate);
}
KERNEL(conv5x5_backward_input, 32, 8, 1)

// dweight (+)= scale * sum over pixels of dy and shifted x; dbias (+)= scale * sum of dy, unless null. One thread: one
// weight. Items: out * in * 25; block 256.
extern "C" __global__ void conv5x5_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n,
                                                   int h, int w, int in, int out, int shuffle, float scale,
                                                   int accumulate) {
  backward_weight<5>(x, dy, dweight, dbias, {n, h, w, in, out, shuffle}, scale, accumulate, global_index());
}
KERNEL(conv5x5_backward_weight, 256, 1, 1)

// The bf16 mode, on tensor cores: include/implicit_gemm.cuh. Features are bf16, pictures float; in the _head forms x is
// a picture, in the _tail forms y is. packed holds ceil(M / 64) * ceil(K / 16) * 25 * 1024 numbers, where M are the
// numbers of the result of a pass at a pixel and K those of its source: in, or out filled up to multiples of 8 at each
// sub-position of the shuffle (not filled up for a picture).

// One thread: 8 weights. picture says whether y is one. Items: packed numbers / 8; block 256.
extern "C" __global__ void conv5x5_pack_forward_bf16(const float* weight, bf16* packed, int in, int out, int shuffle,
                                                     int picture) {
  gemm::pack<5, false>(weight, packed, in, {out / (shuffle * shuffle), shuffle, picture != 0}, global_index());
}
KERNEL(conv5x5_pack_forward_bf16, 256, 1, 1)

// Likewise, for the backward_input forms.
extern "C" __global__ void conv5x5_pack_backward_bf16(const float* weight, bf16* packed, int in, int out, int shuffle,
                                                      int picture) {
  gemm::pack<5, true>(weight, packed, in, {out / (shuffle * shuffle), shuffle, picture != 0}, global_index());
}
KERNEL(conv5x5_pack_backward_bf16, 256, 1, 1)

// As conv5x5_forward and conv5x5_backward_input. Items: (M, w, h), n times; block 128 for 64 x 16 x 8 of them.
extern "C" __global__ void conv5x5_forward_bf16(const bf16* x, const bf16* packed, const float* bias, bf16* y, int n,
                                                int h, int w, int in, int out, int shuffle) {
  const bf16* residual = nullptr;
  gemm::forward<5>(x, packed, bias, residual, y, n, h, w, in, out, shuffle, 0, 1.0f);
}
TILED_KERNEL(conv5x5_forward_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv5x5_forward_head_bf16(const float* x, const bf16* packed, const float* bias, bf16* y,
                                                     int n, int h, int w, int in, int out, int shuffle) {
  const bf16* residual = nullptr;
  gemm::forward<5>(x, packed, bias, residual, y, n, h, w, in, out, shuffle, 0, 1.0f);
}
TILED_KERNEL(conv5x5_forward_head_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv5x5_forward_tail_bf16(const bf16* x, const bf16* packed, const float* bias, float* y,
                                                     int n, int h, int w, int in, int out, int shuffle) {
  const float* residual = nullptr;
  gemm::forward<5>(x, packed, bias, residual, y, n, h, w, in, out, shuffle, 0, 1.0f);
}
TILED_KERNEL(conv5x5_forward_tail_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// As conv5x5_forward_tail, with out = 3 * shuffle^2, where the picture is compared with a target at once: picture =
// scale * (conv(x) + bias) + (red, green, blue), gradient = slope * sign(picture - target). Pixels in the outermost
// ring of x are left out of all results: tail_loss.cu. y may be null. Items: (out, w, h), n times; block 128 for
// 64 x 16 x 8 of them.
//   target, y, gradient  float[n][h shuffle][w shuffle][3], bias float[out]
//   partial float[tiles], counts int32[tiles]: sums of |picture - target| and numbers of its signs that are not 0 over
//   the tiles of 8 x 16 pixels of x, image by image and row by row
extern "C" __global__ void conv5x5_forward_loss_bf16(const bf16* x, const bf16* packed, const float* bias,
                                                     const float* target, float* y, float* gradient, float* partial,
                                                     int* counts, int n, int h, int w, int in, int out, int shuffle,
                                                     float scale, float red, float green, float blue, float slope) {
  PixelLoss loss{target, y, scale, red, green, blue, slope};
  gemm::forward_loss<5>(x, packed, bias, gradient, n, h, w, in, out, shuffle, &loss);
  loss.leave<gemm::threads>(partial, counts, static_cast<int64_t>(blockIdx.z) * gridDim.y + blockIdx.y);
}
TILED_KERNEL(conv5x5_forward_loss_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv5x5_backward_input_bf16(const bf16* dy, const bf16* packed, const bf16* mask, bf16* dx,
                                                       int n, int h, int w, int in, int out, int shuffle, float scale,
                                                       int accumulate) {
  gemm::backward_input<5>(dy, packed, mask, accumulate ? dx : nullptr, dx, n, h, w, in, out, shuffle, scale);
}
TILED_KERNEL(conv5x5_backward_input_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv5x5_backward_input_head_bf16(const bf16* dy, const bf16* packed, const float* mask,
                                                            float* dx, int n, int h, int w, int in, int out,
                                                            int shuffle, float scale, int accumulate) {
  gemm::backward_input<5>(dy, packed, mask, accumulate ? dx : nullptr, dx, n, h, w, in, out, shuffle, scale);
}
TILED_KERNEL(conv5x5_backward_input_head_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv5x5_backward_input_tail_bf16(const float* dy, const bf16* packed, const bf16* mask,
                                                            bf16* dx, int n, int h, int w, int in, int out, int shuffle,
                                                            float scale, int accumulate) {
  gemm::backward_input<5>(dy, packed, mask, accumulate ? dx : nullptr, dx, n, h, w, in, out, shuffle, scale);
}
TILED_KERNEL(conv5x5_backward_input_tail_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// Parts of what conv5x5_backward_weight adds up, for sum_parts: include/weight_gradient.cuh. Items: (numbers of y, in,
// parts); block 256 for 64 x 16 x 1 of them.
extern "C" __global__ void conv5x5_backward_weight_bf16(const bf16* x, const bf16* dy, float* partial, int n, int h,
                                                        int w, int in, int out, int shuffle, int parts) {
  gemm::weight_gradient<5>(x, dy, partial, n, h, w, in, out, shuffle, parts);
}
TILED_KERNEL(conv5x5_backward_weight_bf16, (gemm::GradientTile<5, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k, 1)

extern "C" __global__ void conv5x5_backward_weight_head_bf16(const float* x, const bf16* dy, float* partial, int n,
                                                             int h, int w, int in, int out, int shuffle, int parts) {
  gemm::weight_gradient<5>(x, dy, partial, n, h, w, in, out, shuffle, parts);
}
TILED_KERNEL(conv5x5_backward_weight_head_bf16, (gemm::GradientTile<5, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k,
             1)

extern "C" __global__ void conv5x5_backward_weight_tail_bf16(const bf16* x, const float* dy, float* partial, int n,
                                                             int h, int w, int in, int out, int shuffle, int parts) {
  gemm::weight_gradient<5>(x, dy, partial, n, h, w, in, out, shuffle, parts);
}
TILED_KERNEL(conv5x5_backward_weight_tail_bf16, (gemm::GradientTile<5, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k,
             1)
