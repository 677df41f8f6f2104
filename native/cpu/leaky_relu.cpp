// leaky_relu_*: y = x where x > 0, else slope * x. Written as a sum of both sides, one of which is 0: the compiler
// makes vectors of that, but a branch for every number of a choice between two products.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void leaky_relu_forward(const float* x, float* y, float slope, std::int64_t count) {
  want_count("leaky_relu_forward", "count", count);
  write_or_add(y, count, false, [=](std::int64_t i) {
    const float v = x[i];
    return (v < 0 ? 0 : v) + slope * (v < 0 ? v : 0);
  });
}
TWIN(leaky_relu_forward)

void leaky_relu_backward(const float* x, const float* dy, float* dx, float slope, std::int64_t count, int accumulate) {
  want_count("leaky_relu_backward", "count", count);
  write_or_add(dx, count, accumulate != 0, [=](std::int64_t i) {
    const float d = dy[i];
    return (x[i] > 0 ? d : 0) + slope * (x[i] > 0 ? 0 : d);
  });
}
TWIN(leaky_relu_backward)

}  // namespace acuity::cpu
