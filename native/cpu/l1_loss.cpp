// l1_loss_*: factor * sum |a - b|, in 256 partial sums over equal ranges, so that its bits do not depend on the
// threads.
#include <algorithm>
#include <cmath>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void l1_loss_forward(const float* a, const float* b, float* partial, std::int64_t count) {
  want_count("l1_loss_forward", "count", count);
  constexpr int kParts = 256, kLanes = 8;
  const std::int64_t range = (count + kParts - 1) / kParts;
  parallel_for(kParts, [=](std::int64_t part) {
    const std::int64_t begin = std::min(part * range, count), end = std::min(begin + range, count);
    double sums[kLanes] = {};
    std::int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) sums[lane] += std::fabs(a[i + lane] - b[i + lane]);
    }
    double sum = 0;
    for (; i < end; ++i) sum += std::fabs(a[i] - b[i]);
    for (const double lane : sums) sum += lane;
    partial[part] = static_cast<float>(sum);
  });
}
TWIN(l1_loss_forward)

void l1_loss_reduce(const float* partial, float* loss, int parts, float factor) {
  want_at_least("l1_loss_reduce", "parts", 1, parts);
  double sum = 0;
  for (int part = 0; part < parts; ++part) sum += partial[part];
  loss[0] = static_cast<float>(factor * sum);
}
TWIN(l1_loss_reduce)

void l1_loss_backward(const float* a, const float* b, const float* dloss, float* da, float factor, std::int64_t count,
                      int accumulate) {
  want_count("l1_loss_backward", "count", count);
  const float slope = dloss[0] * factor;
  write_or_add(da, count, accumulate != 0, [=](std::int64_t i) {
    const float difference = a[i] - b[i];
    return slope * static_cast<float>((difference > 0) - (difference < 0));
  });
}
TWIN(l1_loss_backward)

}  // namespace acuity::cpu
