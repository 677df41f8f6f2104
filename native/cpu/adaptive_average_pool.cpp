// adaptive_average_pool_*: averages over PyTorch's windows, [n][h][w][channels] to [n][rows][columns][channels].
#include <cstring>

#include "check.h"
#include "pool.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

struct Window {
  std::int64_t first, last;
};

Window window(std::int64_t i, int from, int to) { return {i * from / to, ((i + 1) * from + to - 1) / to}; }

void check(const char* kernel, int n, int h, int w, int channels, int rows, int columns) {
  const char* const names[] = {"n", "h", "w", "channels", "rows", "columns"};
  const int values[] = {n, h, w, channels, rows, columns};
  for (int i = 0; i < 6; ++i) want_at_least(kernel, names[i], 1, values[i]);
}

}  // namespace

void adaptive_average_pool_forward(const float* x, float* y, int n, int h, int w, int channels, int rows, int columns) {
  check("adaptive_average_pool_forward", n, h, w, channels, rows, columns);
  parallel_ranges(static_cast<std::int64_t>(n) * rows, 4, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) {
      const Window row = window(line % rows, h, rows);
      const float* const image = x + line / rows * h * w * channels;
      for (int j = 0; j < columns; ++j) {
        const Window column = window(j, w, columns);
        float* const to = y + (line * columns + j) * channels;
        std::memset(to, 0, channels * sizeof(float));
        for (std::int64_t r = row.first; r < row.last; ++r) {
          for (std::int64_t q = column.first; q < column.last; ++q) {
            const float* const from = image + (r * w + q) * channels;
            for (int c = 0; c < channels; ++c) to[c] += from[c];
          }
        }
        const auto size = static_cast<float>((row.last - row.first) * (column.last - column.first));
        for (int c = 0; c < channels; ++c) to[c] /= size;
      }
    }
  });
}
TWIN(adaptive_average_pool_forward)

void adaptive_average_pool_backward(const float* dy, float* dx, int n, int h, int w, int channels, int rows,
                                    int columns, int accumulate) {
  check("adaptive_average_pool_backward", n, h, w, channels, rows, columns);
  parallel_for(n, [=](std::int64_t image) {
    float* const to = dx + image * h * w * channels;
    if (!accumulate) std::memset(to, 0, sizeof(float) * h * w * channels);
    for (int i = 0; i < rows; ++i) {
      const Window row = window(i, h, rows);
      for (int j = 0; j < columns; ++j) {
        const Window column = window(j, w, columns);
        const float* const from = dy + ((image * rows + i) * columns + j) * channels;
        const auto size = static_cast<float>((row.last - row.first) * (column.last - column.first));
        for (std::int64_t r = row.first; r < row.last; ++r) {
          for (std::int64_t q = column.first; q < column.last; ++q) {
            float* const pixel = to + (r * w + q) * channels;
            for (int c = 0; c < channels; ++c) pixel[c] += from[c] / size;
          }
        }
      }
    }
  });
}
TWIN(adaptive_average_pool_backward)

}  // namespace acuity::cpu
