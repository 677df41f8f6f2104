// region_copy: copies (or adds) the h x w rectangle of x at (top_x, left_x) to y at (top_y, left_y), all channels of n
// images.
#include <cstring>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

void check_inside(const char* axis, int start, int length, int size) {
  if (start >= 0 && length >= 0 && static_cast<std::int64_t>(start) + length <= size) return;
  reject(std::string("region_copy ") + axis, "a part of [0, " + std::to_string(size) + ")",
         "[" + std::to_string(start) + ", " + std::to_string(static_cast<std::int64_t>(start) + length) + ")");
}

}  // namespace

void region_copy(const float* x, float* y, int n, int c, int h_x, int w_x, int h_y, int w_y, int top_x, int left_x,
                 int top_y, int left_y, int h, int w, int accumulate) {
  want_at_least("region_copy", "n", 1, n);
  want_at_least("region_copy", "c", 1, c);
  check_inside("rows of x", top_x, h, h_x);
  check_inside("columns of x", left_x, w, w_x);
  check_inside("rows of y", top_y, h, h_y);
  check_inside("columns of y", left_y, w, w_y);
  const std::int64_t count = static_cast<std::int64_t>(w) * c;
  parallel_for(static_cast<std::int64_t>(n) * h, [=](std::int64_t item) {
    const std::int64_t image = item / h, row = item % h;
    const float* from = x + ((image * h_x + top_x + row) * w_x + left_x) * c;
    float* to = y + ((image * h_y + top_y + row) * w_y + left_y) * c;
    if (accumulate) {
      for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
    } else {
      std::memcpy(to, from, count * sizeof(float));
    }
  });
}
TWIN(region_copy)

}  // namespace acuity::cpu
