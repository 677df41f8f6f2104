// 3x3 convolutions without bias between two batch normalisations, in bf16 on tensor cores: those of
// kernels/conv3x3.cu and kernels/strided_conv3x3.cu (norm_strided_...), with the same packed weights, whose x is
// normalised and goes through a leaky ReLU on the tile in shared memory, so that what the normalisation makes is never
// written; results are those of batch_norm_forward before the convolution, bit for bit.
//   x             bf16[n][in / 8][h][w][8], as it is before the normalisation
//   statistics    float[sets][2][in]: of set_images images each; null: x is read as it is
//   weight, bias  float[in]: of the normalisation
//   moments       float[tiles][2][out]: a mean and the sum of squares of what lies off it; null: not wanted
//   partial       float[tiles][2][in]: sums of g and g n as kernels/batch_norm.cu has them; null: not wanted
// Tiles go image by image, from left to right and then down.
#include "norm_gemm.cuh"
#include "strided_gemm.cuh"

// y = conv(leaky(norm(x))) and the moments of its tiles of 8 x 16 pixels. Items: (out filled up to a multiple of 8, w,
// h), n times; block 128 for 64 x 16 x 8 of them.
extern "C" __global__ void norm_conv3x3_forward_bf16(const bf16* x, const float* statistics, const float* weight,
                                                     const float* bias, const bf16* packed, bf16* y, float* moments,
                                                     int n, int h, int w, int in, int out, int set_images,
                                                     float slope) {
  gemm::Image s{n, h, w, {in, 1, false}}, t{n, h, w, {out, 1, false}};
  gemm::convolve<3>(x, packed, y, s, t, gemm::Epilogue<bf16>{nullptr, nullptr, nullptr, false, 1.0f},
                    gemm::NormalisedTile{{statistics, weight, bias, set_images, slope}},
                    gemm::TileMoments<gemm::tile_rows * gemm::tile_columns, gemm::stage_stride>{moments});
}
TILED_KERNEL(norm_conv3x3_forward_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// The same with stride 2, for tiles of 4 x 16 pixels. Items: (out filled up to a multiple of 8, width of y, height of
// y), n times; block 128 for 64 x 16 x 4 of them.
extern "C" __global__ void norm_strided_conv3x3_forward_bf16(const bf16* x, const float* statistics,
                                                             const float* weight, const float* bias, const bf16* packed,
                                                             bf16* y, float* moments, int n, int h, int w, int in,
                                                             int out, int set_images, float slope) {
  strided::forward(x, packed, y, {n, h, w, {in, 1, false}}, {n, (h + 1) / 2, (w + 1) / 2, {out, 1, false}},
                   gemm::NormalisedTile{{statistics, weight, bias, set_images, slope}},
                   gemm::TileMoments<strided::pixels, strided::stage_stride>{moments});
}
TILED_KERNEL(norm_strided_conv3x3_forward_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, strided::rows)

// dx = conv^T(dy), the gradient of what the normalisation makes of x, and partial of its tiles of 8 x 16 pixels. Items:
// (in filled up to a multiple of 8, w, h), n times; block 128 for 64 x 16 x 8 of them.
extern "C" __global__ void norm_conv3x3_backward_input_bf16(const bf16* dy, const bf16* packed, const bf16* x,
                                                            const float* statistics, const float* weight,
                                                            const float* bias, bf16* dx, float* partial, int n, int h,
                                                            int w, int in, int out, int set_images, float slope) {
  using Sums = gemm::TileGradients<gemm::tile_rows * gemm::tile_columns, gemm::stage_stride>;
  gemm::Image s{n, h, w, {out, 1, false}}, t{n, h, w, {in, 1, false}};
  gemm::convolve<3>(dy, packed, dx, s, t, gemm::Epilogue<bf16>{nullptr, nullptr, nullptr, false, 1.0f}, gemm::AsIs{},
                    Sums{{statistics, weight, bias, set_images, slope}, x, partial});
}
TILED_KERNEL(norm_conv3x3_backward_input_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns, gemm::tile_rows)

// Likewise with stride 2; tiles of 8 x 32 pixels of x. Items: (in filled up to a multiple of 8, width of y, height of
// y), n times; block 128 for 64 x 16 x 4 of them.
extern "C" __global__ void norm_strided_conv3x3_backward_input_bf16(const bf16* dy, const bf16* packed, const bf16* x,
                                                                    const float* statistics, const float* weight,
                                                                    const float* bias, bf16* dx, float* partial, int n,
                                                                    int h, int w, int in, int out, int set_images,
                                                                    float slope) {
  using Sums = gemm::TileGradients<strided::pixels, strided::stage_stride>;
  strided::backward_input(dy, packed, dx, {n, h, w, {in, 1, false}}, {n, (h + 1) / 2, (w + 1) / 2, {out, 1, false}}, 0,
                          Sums{{statistics, weight, bias, set_images, slope}, x, partial});
}
TILED_KERNEL(norm_strided_conv3x3_backward_input_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_columns,
             strided::rows)

// Parts of the weight's gradient, as conv3x3_backward_weight. Items: (out filled up to a multiple of 8, in, parts);
// block 128 for 64 x 16 x 1 of them.
extern "C" __global__ void norm_conv3x3_backward_weight_bf16(const bf16* x, const bf16* dy, float* partial, int n,
                                                             int h, int w, int in, int out, const float* statistics,
                                                             const float* weight, const float* bias, int set_images,
                                                             float slope, int parts) {
  gemm::weight_gradient<3, 1>(x, dy, partial, {n, h, w, {in, 1, false}}, {n, h, w, {out, 1, false}}, parts,
                              gemm::NormalisedTile{{statistics, weight, bias, set_images, slope}});
}
TILED_KERNEL(norm_conv3x3_backward_weight_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_k, 1)

// Likewise, as strided_conv3x3_backward_weight.
extern "C" __global__ void norm_strided_conv3x3_backward_weight_bf16(const bf16* x, const bf16* dy, float* partial,
                                                                     int n, int h, int w, int in, int out,
                                                                     const float* statistics, const float* weight,
                                                                     const float* bias, int set_images, float slope,
                                                                     int parts) {
  gemm::weight_gradient<3, 2>(x, dy, partial, {n, h, w, {in, 1, false}}, {n, (h + 1) / 2, (w + 1) / 2, {out, 1, false}},
                              parts, gemm::NormalisedTile{{statistics, weight, bias, set_images, slope}});
}
TILED_KERNEL(norm_strided_conv3x3_backward_weight_bf16, gemm::threads, 1, 1, gemm::tile_m, gemm::tile_k, 1)
