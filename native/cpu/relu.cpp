// relu_*: y = max(x, 0), a NaN staying; dx = dy where y > 0.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void relu_forward(const float* x, float* y, std::int64_t count) {
  want_count("relu_forward", "count", count);
  write_or_add(y, count, false, [=](std::int64_t i) { return x[i] < 0 ? 0 : x[i]; });
}
TWIN(relu_forward)

void relu_backward(const float* y, const float* dy, float* dx, std::int64_t count, int accumulate) {
  want_count("relu_backward", "count", count);
  write_or_add(dx, count, accumulate != 0, [=](std::int64_t i) {
    const float d = dy[i];  // read whatever the sign, or the compiler would branch
    return y[i] > 0 ? d : 0;
  });
}
TWIN(relu_backward)

}  // namespace acuity::cpu
