// row_normalize_*: x / max(|x|, floor) for each row.
#include <algorithm>
#include <cmath>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

template <class F>
void over_rows(const char* kernel, std::int64_t rows, int width, const F& f) {
  want_count(kernel, "rows", rows);
  want_at_least(kernel, "width", 1, width);
  parallel_ranges(rows, std::max(1, 16384 / width), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) f(row * width);
  });
}

}  // namespace

void row_normalize_forward(const float* x, float* y, std::int64_t rows, int width, float floor) {
  over_rows("row_normalize_forward", rows, width, [=](std::int64_t at) {
    float sum = 0;
    for (int i = 0; i < width; ++i) sum += x[at + i] * x[at + i];
    const float length = std::max(std::sqrt(sum), floor);
    for (int i = 0; i < width; ++i) y[at + i] = x[at + i] / length;
  });
}
TWIN(row_normalize_forward)

void row_normalize_backward(const float* x, const float* dy, float* dx, std::int64_t rows, int width, float floor,
                            int accumulate) {
  over_rows("row_normalize_backward", rows, width, [=](std::int64_t at) {
    float sum = 0, dot = 0;
    for (int i = 0; i < width; ++i) {
      sum += x[at + i] * x[at + i];
      dot += x[at + i] * dy[at + i];
    }
    const float length = std::sqrt(sum), along = length > floor ? dot / sum : 0, divisor = std::max(length, floor);
    for (int i = 0; i < width; ++i) {
      const float value = (dy[at + i] - along * x[at + i]) / divisor;
      dx[at + i] = accumulate ? dx[at + i] + value : value;
    }
  });
}
TWIN(row_normalize_backward)

}  // namespace acuity::cpu
