// residual_gate_*: y = x + gamma gate x, element by element; the sum for gamma in 256 parts.
#include <algorithm>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void residual_gate_forward(const float* x, const float* gate, const float* gamma, float* y, std::int64_t count) {
  want_count("residual_gate_forward", "count", count);
  const float factor = gamma[0];
  write_or_add(y, count, false, [=](std::int64_t i) { return x[i] + factor * gate[i] * x[i]; });
}
TWIN(residual_gate_forward)

void residual_gate_backward_input(const float* dy, const float* gate, const float* gamma, float* dx, std::int64_t count,
                                  int accumulate) {
  want_count("residual_gate_backward_input", "count", count);
  const float factor = gamma[0];
  write_or_add(dx, count, accumulate != 0, [=](std::int64_t i) { return dy[i] + factor * gate[i] * dy[i]; });
}
TWIN(residual_gate_backward_input)

void residual_gate_backward_gate(const float* dy, const float* x, const float* gamma, float* dgate, std::int64_t count,
                                 int accumulate) {
  want_count("residual_gate_backward_gate", "count", count);
  const float factor = gamma[0];
  write_or_add(dgate, count, accumulate != 0, [=](std::int64_t i) { return factor * dy[i] * x[i]; });
}
TWIN(residual_gate_backward_gate)

void residual_gate_backward_gamma(const float* dy, const float* x, const float* gate, float* partial,
                                  std::int64_t count) {
  want_count("residual_gate_backward_gamma", "count", count);
  constexpr int kParts = 256, kLanes = 8;
  const std::int64_t range = (count + kParts - 1) / kParts;
  parallel_for(kParts, [=](std::int64_t part) {
    std::int64_t i = std::min(part * range, count);
    const std::int64_t end = std::min(i + range, count);
    double lanes[kLanes] = {};
    for (; i + kLanes <= end; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += dy[i + lane] * gate[i + lane] * x[i + lane];
    }
    for (; i < end; ++i) lanes[0] += dy[i] * gate[i] * x[i];
    double sum = 0;
    for (const double lane : lanes) sum += lane;
    partial[part] = static_cast<float>(sum);
  });
}
TWIN(residual_gate_backward_gamma)

void residual_gate_reduce(const float* partial, float* dgamma, int accumulate) {
  double sum = 0;
  for (int part = 0; part < 256; ++part) sum += partial[part];
  dgamma[0] = (accumulate ? dgamma[0] : 0.0f) + static_cast<float>(sum);
}
TWIN(residual_gate_reduce)

}  // namespace acuity::cpu
