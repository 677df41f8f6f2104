// sigmoid_*: y = 1 / (1 + exp(-x)). Gates are few numbers, and a map of them is made once a network: the library's exp
// is fast enough, and its bits are the same on every instruction set.
#include <cmath>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void sigmoid_forward(const float* x, float* y, std::int64_t count) {
  want_count("sigmoid_forward", "count", count);
  write_or_add(y, count, false, [=](std::int64_t i) { return 1.0f / (1.0f + std::exp(-x[i])); });
}
TWIN(sigmoid_forward)

void sigmoid_backward(const float* y, const float* dy, float* dx, std::int64_t count, int accumulate) {
  want_count("sigmoid_backward", "count", count);
  write_or_add(dx, count, accumulate != 0, [=](std::int64_t i) { return dy[i] * y[i] * (1.0f - y[i]); });
}
TWIN(sigmoid_backward)

}  // namespace acuity::cpu
