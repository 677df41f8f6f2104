// scale_*: y = factor * x; dx = factor * dy.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void scale_forward(const float* x, float* y, float factor, std::int64_t count) {
  want_count("scale_forward", "count", count);
  write_or_add(y, count, false, [=](std::int64_t i) { return factor * x[i]; });
}
TWIN(scale_forward)

void scale_backward(const float* dy, float* dx, float factor, std::int64_t count, int accumulate) {
  want_count("scale_backward", "count", count);
  write_or_add(dx, count, accumulate != 0, [=](std::int64_t i) { return factor * dy[i]; });
}
TWIN(scale_backward)

}  // namespace acuity::cpu
