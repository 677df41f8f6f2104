// ema_step: ema = decay * ema + (1 - decay) * weight.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void ema_step(float* ema, const float* weight, float decay, std::int64_t count) {
  want_count("ema_step", "count", count);
  write_or_add(ema, count, false, [=](std::int64_t i) { return decay * ema[i] + (1 - decay) * weight[i]; });
}
TWIN(ema_step)

}  // namespace acuity::cpu
