// leaky_relu_*: y = x where x > 0, else slope * x.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void leaky_relu_forward(const float* x, float* y, float slope, std::int64_t count) {
  want_count("leaky_relu_forward", "count", count);
  write_or_add(y, count, false, [=](std::int64_t i) { return x[i] > 0 ? x[i] : slope * x[i]; });
}
TWIN(leaky_relu_forward)

void leaky_relu_backward(const float* x, const float* dy, float* dx, float slope, std::int64_t count, int accumulate) {
  want_count("leaky_relu_backward", "count", count);
  write_or_add(dx, count, accumulate != 0, [=](std::int64_t i) { return x[i] > 0 ? dy[i] : slope * dy[i]; });
}
TWIN(leaky_relu_backward)

}  // namespace acuity::cpu
