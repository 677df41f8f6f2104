// gradient_norm_*: square root of the sum of squares, in 256 partial sums over equal ranges, so that its bits do not
// depend on the threads. The parts are stored in fp32, where a square beyond its range is infinite as on any other
// device.
#include <algorithm>
#include <cmath>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void gradient_norm_parts(const float* x, float* partial, std::int64_t count) {
  want_count("gradient_norm_parts", "count", count);
  constexpr int kParts = 256, kLanes = 8;
  const std::int64_t range = (count + kParts - 1) / kParts;
  parallel_for(kParts, [=](std::int64_t part) {
    const std::int64_t begin = std::min(part * range, count), end = std::min(begin + range, count);
    double sums[kLanes] = {};
    std::int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const double value = x[i + lane];
        sums[lane] += value * value;
      }
    }
    double sum = 0;
    for (; i < end; ++i) sum += static_cast<double>(x[i]) * x[i];
    for (const double lane : sums) sum += lane;
    partial[part] = static_cast<float>(sum);
  });
}
TWIN(gradient_norm_parts)

void gradient_norm_reduce(const float* partial, float* norm, int parts) {
  want_at_least("gradient_norm_reduce", "parts", 1, parts);
  double sum = 0;
  for (int part = 0; part < parts; ++part) sum += partial[part];
  norm[0] = static_cast<float>(std::sqrt(sum));
}
TWIN(gradient_norm_reduce)

}  // namespace acuity::cpu
