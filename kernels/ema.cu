// Exponential moving average of weights. One thread: one weight. Items: count; block 256.
//   ema, weight  float[count]
#include "common.cuh"

// ema = decay * ema + (1 - decay) * weight
extern "C" __global__ void ema_step(float* ema, const float* weight, float decay, int64_t count) {
  int64_t i = global_index();
  if (i < count) ema[i] = decay * ema[i] + (1.0f - decay) * weight[i];
}
KERNEL(ema_step, 256, 1, 1)
