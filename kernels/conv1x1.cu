// 1x1 convolution: a matrix product for each pixel, in plain fp32 and, below, in bf16. Block 256.
//   x, dx float[pixels][in], y, dy float[pixels][out], weight float[out][in], bias float[out]; pixels = n * h * w
// With accumulate results are added to what is there, else written.
#include "weight_gradient.cuh"

// y = weight x + bias; bias may be null. One thread: one channel of one pixel. Items: pixels * out.
extern "C" __global__ void conv1x1_forward(const float* x, const float* weight, const float* bias, float* y, int n,
                                           int h, int w, int in, int out) {
  int64_t index = global_index(), pixels = static_cast<int64_t>(n) * h * w;
  if (index >= pixels * out) return;
  int64_t pixel = index / out, o = index % out;
  float sum = 0.0f;
  for (int i = 0; i < in; ++i) sum += x[pixel * in + i] * weight[o * in + i];
  y[index] = bias != nullptr ? sum + bias[o] : sum;
}
KERNEL(conv1x1_forward, 256, 1, 1)

// dx (+)= weight^T dy. One thread: one channel of one pixel. Items: pixels * in.
extern "C" __global__ void conv1x1_backward_input(const float* dy, const float* weight, float* dx, int n, int h, int w,
                                                  int in, int out, int accumulate) {
  int64_t index = global_index(), pixels = static_cast<int64_t>(n) * h * w;
  if (index >= pixels * in) return;
  int64_t pixel = index / in, i = index % in;
  float sum = 0.0f;
  for (int o = 0; o < out; ++o) sum += dy[pixel * out + o] * weight[static_cast<int64_t>(o) * in + i];
  dx[index] = accumulate ? dx[index] + sum : sum;
}
KERNEL(conv1x1_backward_input, 256, 1, 1)

// dweight (+)= sum over pixels of dy x^T; dbias (+)= sum of dy, unless null. One thread: one weight, and for the first
// weight of an output channel its bias. Sums in runs of 256 pixels, so that rounding does not grow with all of them.
// Items: out * in.
extern "C" __global__ void conv1x1_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n,
                                                   int h, int w, int in, int out, int accumulate) {
  int64_t index = global_index(), pixels = static_cast<int64_t>(n) * h * w;
  if (index >= static_cast<int64_t>(out) * in) return;
  int64_t o = index / in, i = index % in;
  bool with_bias = dbias != nullptr && i == 0;
  float sum = 0.0f, bias = 0.0f;
  for (int64_t first = 0; first < pixels; first += 256) {
    int64_t last = min(first + 256, pixels);
    float run = 0.0f, bias_run = 0.0f;
    for (int64_t pixel = first; pixel < last; ++pixel) {
      float gradient = dy[pixel * out + o];
      run += x[pixel * in + i] * gradient;
      if (with_bias) bias_run += gradient;
    }
    sum += run;
    bias += bias_run;
  }
  dweight[index] = accumulate ? dweight[index] + sum : sum;
  if (with_bias) dbias[o] = accumulate ? dbias[o] + bias : bias;
}
KERNEL(conv1x1_backward_weight, 256, 1, 1)

// The bf16 mode, on tensor cores: include/implicit_gemm.cuh. Features are bf16; in the _tail forms y and dy are float
// as above, the few channels of a picture or of a judgement. packed, in place of weight, holds ceil(M / 64) * ceil(K /
// 16)
// * 1024 numbers, where M are the numbers of the result of a pass at a pixel and K those of its source: in, or out
// filled up to a multiple of 8 (not in the _tail forms).

// One thread: 8 weights. picture says whether y is float. Items: packed numbers / 8; block 256.
extern "C" __global__ void conv1x1_pack_forward_bf16(const float* weight, bf16* packed, int in, int out, int picture) {
  gemm::pack<1, false>(weight, packed, in, {out, 1, picture != 0}, global_index());
}
KERNEL(conv1x1_pack_forward_bf16, 256, 1, 1)

// Likewise, for the backward_input forms.
extern "C" __global__ void conv1x1_pack_backward_bf16(const float* weight, bf16* packed, int in, int out, int picture) {
  gemm::pack<1, true>(weight, packed, in, {out, 1, picture != 0}, global_index());
}
KERNEL(conv1x1_pack_backward_bf16, 256, 1, 1)

// Items: (M, w, h), n times; block 128 for 64 x 16 x 8 of them.
extern "C" __global__ void conv1x1_forward_bf16(const bf16* x, const bf16* packed, const float* bias, bf16* y, int n,
                                                int h, int w, int in, int out) {
  gemm::forward<1>(x, packed, bias, static_cast<const bf16*>(nullptr), y, n, h, w, in, out, 1, 0, 1.0f);
}
TILED_KERNEL(conv1x1_forward_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv1x1_forward_tail_bf16(const bf16* x, const bf16* packed, const float* bias, float* y,
                                                     int n, int h, int w, int in, int out) {
  gemm::forward<1>(x, packed, bias, static_cast<const float*>(nullptr), y, n, h, w, in, out, 1, 0, 1.0f);
}
TILED_KERNEL(conv1x1_forward_tail_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv1x1_backward_input_bf16(const bf16* dy, const bf16* packed, bf16* dx, int n, int h,
                                                       int w, int in, int out, int accumulate) {
  gemm::backward_input<1>(dy, packed, static_cast<const bf16*>(nullptr), accumulate ? dx : nullptr, dx, n, h, w, in,
                          out, 1, 1.0f);
}
TILED_KERNEL(conv1x1_backward_input_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

extern "C" __global__ void conv1x1_backward_input_tail_bf16(const float* dy, const bf16* packed, bf16* dx, int n, int h,
                                                            int w, int in, int out, int accumulate) {
  gemm::backward_input<1>(dy, packed, static_cast<const bf16*>(nullptr), accumulate ? dx : nullptr, dx, n, h, w, in,
                          out, 1, 1.0f);
}
TILED_KERNEL(conv1x1_backward_input_tail_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// Parts of what conv1x1_backward_weight adds up, for sum_parts: include/weight_gradient.cuh. Items: (numbers of y, in,
// parts); block 128 for 64 x 16 x 1 of them.
extern "C" __global__ void conv1x1_backward_weight_bf16(const bf16* x, const bf16* dy, float* partial, int n, int h,
                                                        int w, int in, int out, int parts) {
  gemm::weight_gradient<1>(x, dy, partial, n, h, w, in, out, 1, parts);
}
TILED_KERNEL(conv1x1_backward_weight_bf16, (gemm::GradientTile<1, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k, 1)

extern "C" __global__ void conv1x1_backward_weight_tail_bf16(const bf16* x, const float* dy, float* partial, int n,
                                                             int h, int w, int in, int out, int parts) {
  gemm::weight_gradient<1>(x, dy, partial, n, h, w, in, out, 1, parts);
}
TILED_KERNEL(conv1x1_backward_weight_tail_bf16, (gemm::GradientTile<1, 1>::threads), 1, 1, gemm::tile_m, gemm::tile_k,
             1)
