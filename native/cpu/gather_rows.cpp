// gather_rows_*: rows by index, and the sums back. Backward, a thread has some columns of all rows, so that sums are
// made in order of the index whatever the number of threads.
#include <algorithm>
#include <cstring>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void gather_rows_forward(const float* x, const int* index, float* y, std::int64_t count, int width) {
  want_count("gather_rows_forward", "count", count);
  want_at_least("gather_rows_forward", "width", 1, width);
  parallel_ranges(count, std::max(1, 16384 / width), [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      std::memcpy(y + i * width, x + static_cast<std::int64_t>(index[i]) * width, width * sizeof(float));
    }
  });
}
TWIN(gather_rows_forward)

void gather_rows_backward(const float* dy, const int* index, float* dx, std::int64_t count, std::int64_t rows,
                          int width, int accumulate) {
  want_count("gather_rows_backward", "count", count);
  want_count("gather_rows_backward", "rows", rows);
  want_at_least("gather_rows_backward", "width", 1, width);
  parallel_ranges(width, 16, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = 0; row < rows && !accumulate; ++row) {
      std::memset(dx + row * width + begin, 0, (end - begin) * sizeof(float));
    }
    for (std::int64_t i = 0; i < count; ++i) {
      float* to = dx + static_cast<std::int64_t>(index[i]) * width;
      const float* from = dy + i * width;
      for (std::int64_t c = begin; c < end; ++c) to[c] += from[c];
    }
  });
}
TWIN(gather_rows_backward)

}  // namespace acuity::cpu
