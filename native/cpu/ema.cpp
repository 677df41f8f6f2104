// ema_step: ema = decay * ema + (1 - decay) * weight.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void ema_step(float* ema, const float* weight, const float* decay, const std::int32_t* finding, std::int64_t count) {
  want_count("ema_step", "count", count);
  if (finding != nullptr && *finding != 0) return;
  const float d = *decay;
  write_or_add(ema, count, false, [=](std::int64_t i) { return d * ema[i] + (1 - d) * weight[i]; });
}
TWIN(ema_step)

}  // namespace acuity::cpu
