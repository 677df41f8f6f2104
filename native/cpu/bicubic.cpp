// bicubic_rows, bicubic_columns: one axis of a resize. y = sum over k of weight[r][k] * x[index[r][k]], in order of k.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

/// to[i] = sum over k of weight[k] * from[index[k] * stride + i] for `count` numbers, whose sums stay in registers.
template <int count>
inline void weigh(const float* from, std::int64_t stride, const std::int32_t* index, const float* weight, int taps,
                  float* to) {
  float sum[count];
  const float* first = from + index[0] * stride;
  for (int i = 0; i < count; ++i) sum[i] = weight[0] * first[i];
  for (int k = 1; k < taps; ++k) {
    const float* line = from + index[k] * stride;
    const float factor = weight[k];
    for (int i = 0; i < count; ++i) sum[i] += factor * line[i];
  }
  for (int i = 0; i < count; ++i) to[i] = sum[i];
}

/// The same for any count: a line at a time, since the sums of a line stay in L1.
void weigh(const float* from, std::int64_t stride, const std::int32_t* index, const float* weight, int taps, float* to,
           std::int64_t count) {
  for (int k = 0; k < taps; ++k) {
    const float* line = from + index[k] * stride;
    const float factor = weight[k];
    if (k == 0) {
      for (std::int64_t i = 0; i < count; ++i) to[i] = factor * line[i];
    } else {
      for (std::int64_t i = 0; i < count; ++i) to[i] += factor * line[i];
    }
  }
}

/// One row of pixels of `c` channels.
template <int c>
void columns(const float* from, const std::int32_t* index, const float* weight, int taps, float* to, int width) {
  for (std::int64_t column = 0; column < width; ++column) {
    weigh<c>(from, c, index + column * taps, weight + column * taps, taps, to + column * c);
  }
}

void check(const char* kernel, int n, int from, int to, int across, int c, int taps) {
  want_at_least(kernel, "n", 1, n);
  want_at_least(kernel, "size of x", 1, from);
  want_at_least(kernel, "size of y", 1, to);
  want_at_least(kernel, "lines", 1, across);
  want_at_least(kernel, "c", 1, c);
  want_at_least(kernel, "taps", 1, taps);
}

}  // namespace

void bicubic_rows(const float* x, const std::int32_t* index, const float* weight, float* y, int n, int h_in, int h_out,
                  int w, int c, int taps) {
  check("bicubic_rows", n, h_in, h_out, w, c, taps);
  const std::int64_t row = static_cast<std::int64_t>(w) * c;
  parallel_for(static_cast<std::int64_t>(n) * h_out, [=](std::int64_t item) {
    const std::int64_t image = item / h_out, r = item % h_out;
    weigh(x + image * h_in * row, row, index + r * taps, weight + r * taps, taps, y + item * row, row);
  });
}
TWIN(bicubic_rows)

void bicubic_columns(const float* x, const std::int32_t* index, const float* weight, float* y, int n, int h, int w_in,
                     int w_out, int c, int taps) {
  check("bicubic_columns", n, w_in, w_out, h, c, taps);
  parallel_for(static_cast<std::int64_t>(n) * h, [=](std::int64_t row) {
    const float* from = x + row * w_in * c;
    float* to = y + row * w_out * c;
    switch (c) {
      case 1:
        return columns<1>(from, index, weight, taps, to, w_out);
      case 3:
        return columns<3>(from, index, weight, taps, to, w_out);
      case 4:
        return columns<4>(from, index, weight, taps, to, w_out);
      default:
        for (std::int64_t column = 0; column < w_out; ++column) {
          weigh(from, c, index + column * taps, weight + column * taps, taps, to + column * c, c);
        }
    }
  });
}
TWIN(bicubic_columns)

}  // namespace acuity::cpu
