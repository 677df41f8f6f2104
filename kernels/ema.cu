// Exponential moving average of weights. One thread: one weight. Items: count; block 256.
//   ema, weight  float[count]
//   decay        float[1], on the device, so that a captured graph can be replayed with a new one
//   finding      int32[1] or null: not 0 where the step is not to be taken (step_watch.cu); then nothing changes
#include "common.cuh"

// ema = decay * ema + (1 - decay) * weight
extern "C" __global__ void ema_step(float* ema, const float* weight, const float* decay, const int* finding,
                                    int64_t count) {
  int64_t i = global_index();
  if (i >= count || (finding != nullptr && finding[0] != 0)) return;
  float d = decay[0];
  ema[i] = d * ema[i] + (1.0f - d) * weight[i];
}
KERNEL(ema_step, 256, 1, 1)
