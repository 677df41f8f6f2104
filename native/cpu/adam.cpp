// adam_*: PyTorch's Adam (torch.optim.Adam without weight decay), the gradient first clamped element by element.
#include <cmath>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

/// By squaring: the same bits on every machine and as on a GPU, which pow has not.
double power(double base, std::int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

/// settings: learning rate, beta1, beta2, epsilon, 1 - beta1^t, 1 - beta2^t, clamp (0: none), 0. Nothing is done where
/// `finding` points to a number other than 0.
void adam_corrections(float* settings, std::int64_t* steps, const std::int32_t* finding) {
  if (finding != nullptr && *finding != 0) return;
  const std::int64_t t = ++*steps;
  settings[4] = static_cast<float>(1 - power(settings[1], t));
  settings[5] = static_cast<float>(1 - power(settings[2], t));
}
TWIN(adam_corrections)

void adam_step(float* weight, const float* gradient, float* m, float* v, const float* settings,
               const std::int32_t* finding, std::int64_t count) {
  want_count("adam_step", "count", count);
  if (finding != nullptr && *finding != 0) return;
  const float beta1 = settings[1], beta2 = settings[2], epsilon = settings[3], clamp = settings[6];
  const float step = settings[0] / settings[4], root = std::sqrt(settings[5]);
  const float limit = clamp > 0 ? clamp : INFINITY;
  over(count, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      float g = gradient[i];
      g = g > limit ? limit : g;
      g = g < -limit ? -limit : g;
      const float first = beta1 * m[i] + (1 - beta1) * g;
      const float second = beta2 * v[i] + (1 - beta2) * g * g;
      m[i] = first;
      v[i] = second;
      weight[i] -= step * (first / (std::sqrt(second) / root + epsilon));
    }
  });
}
TWIN(adam_step)

}  // namespace acuity::cpu
