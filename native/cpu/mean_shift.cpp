// mean_shift_forward: adds (red, green, blue) to each pixel of 3 channels.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void mean_shift_forward(const float* x, float* y, float red, float green, float blue, std::int64_t pixels) {
  want_count("mean_shift_forward", "pixels", pixels);
  over(pixels, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      y[3 * i] = x[3 * i] + red;
      y[3 * i + 1] = x[3 * i + 1] + green;
      y[3 * i + 2] = x[3 * i + 2] + blue;
    }
  });
}
TWIN(mean_shift_forward)

}  // namespace acuity::cpu
