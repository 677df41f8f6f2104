// Resampling along one axis with given weights (bicubic ones are computed by the caller). One thread: one element of y.
// Items: elements of y; block 256.
//   index  int32[size of y's axis][taps], positions in x along the axis; weight float of the same shape
// y = sum over k, in rising order, of weight[k] * x[index[k]]: products and sums are rounded one by one, so that every
// device gives the same bits.
#include "common.cuh"

__device__ static float weighted_sum(const float* x, const int* index, const float* weight, int taps, int64_t stride) {
  float sum = 0.0f;
  for (int k = 0; k < taps; ++k) sum = __fadd_rn(sum, __fmul_rn(weight[k], x[index[k] * stride]));
  return sum;
}

// Down the columns: x float[n][h_in][w][c], y float[n][h_out][w][c].
extern "C" __global__ void bicubic_rows(const float* x, const int* index, const float* weight, float* y, int n,
                                        int h_in, int h_out, int w, int c, int taps) {
  int64_t i = global_index();
  int64_t line = static_cast<int64_t>(w) * c;
  if (i >= n * h_out * line) return;
  int64_t row = i / line % h_out, image = i / line / h_out;
  y[i] = weighted_sum(x + image * h_in * line + i % line, index + row * taps, weight + row * taps, taps, line);
}
KERNEL(bicubic_rows, 256, 1, 1)

// Along the rows: x float[n][h][w_in][c], y float[n][h][w_out][c].
extern "C" __global__ void bicubic_columns(const float* x, const int* index, const float* weight, float* y, int n,
                                           int h, int w_in, int w_out, int c, int taps) {
  int64_t i = global_index();
  if (i >= static_cast<int64_t>(n) * h * w_out * c) return;
  int64_t column = i / c % w_out, line = i / c / w_out;
  y[i] = weighted_sum(x + line * w_in * c + i % c, index + column * taps, weight + column * taps, taps, c);
}
KERNEL(bicubic_columns, 256, 1, 1)
