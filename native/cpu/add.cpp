// add_*: y = a + b; the gradient of both is dy.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void add_forward(const float* a, const float* b, float* y, std::int64_t count) {
  want_count("add_forward", "count", count);
  write_or_add(y, count, false, [=](std::int64_t i) { return a[i] + b[i]; });
}
TWIN(add_forward)

void add_backward(const float* dy, float* dx, std::int64_t count, int accumulate) {
  want_count("add_backward", "count", count);
  write_or_add(dx, count, accumulate != 0, [=](std::int64_t i) { return dy[i]; });
}
TWIN(add_backward)

}  // namespace acuity::cpu
