// tail_gather_*: the one 5x5 convolution of a linear upsampling tail, read off the tail's responses to impulses; the
// formulas stand in kernels/tail_gather.cu.
#include "check.h"
#include "pool.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr int kProbe = 7;
constexpr int kTaps = 25;

void check(const char* kernel, int features, int r) {
  want_at_least(kernel, "features", 1, features);
  want_at_least(kernel, "r", 1, r);
}

std::int64_t image_size(int r) { return static_cast<std::int64_t>(kProbe * r) * (kProbe * r) * 3; }

std::int64_t response_at(int out, int tap, int r) {
  const int o = out / (r * r);
  const std::int64_t row = (5 - tap / 5) * r + out / r % r;
  const std::int64_t column = (5 - tap % 5) * r + out % r;
  return (row * kProbe * r + column) * 3 + o;
}

}  // namespace

void tail_gather_forward(const float* responses, float* weight, float* bias, int features, int r) {
  check("tail_gather_forward", features, r);
  const std::int64_t image = image_size(r);
  parallel_for(3 * r * r, [&](std::int64_t out) {
    for (int tap = 0; tap < kTaps; ++tap) {
      const std::int64_t at = response_at(static_cast<int>(out), tap, r);
      const float constant = responses[features * image + at];
      for (int c = 0; c < features; ++c)
        weight[(out * features + c) * kTaps + tap] = responses[c * image + at] - constant;
      if (tap == kTaps / 2) bias[out] = constant;
    }
  });
}
TWIN(tail_gather_forward)

void tail_gather_backward(const float* dweight, const float* dbias, float* dresponses, int features, int r) {
  check("tail_gather_backward", features, r);
  const std::int64_t image = image_size(r);
  parallel_for(3 * r * r, [&](std::int64_t out) {
    for (int tap = 0; tap < kTaps; ++tap) {
      const std::int64_t at = response_at(static_cast<int>(out), tap, r);
      float sum = 0;
      for (int c = 0; c < features; ++c) {
        const float d = dweight[(out * features + c) * kTaps + tap];
        dresponses[c * image + at] += d;
        sum += d;
      }
      dresponses[features * image + at] += tap == kTaps / 2 ? dbias[out] - sum : -sum;
    }
  });
}
TWIN(tail_gather_backward)

}  // namespace acuity::cpu
