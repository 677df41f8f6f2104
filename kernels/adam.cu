// One step of Adam as PyTorch computes it, in two launches.
//   settings  float[8] {learning rate, beta1, beta2, epsilon, 1 - beta1^t, 1 - beta2^t, clamp, 0}; on the device, so
//   that a captured graph can be replayed with new ones. clamp 0: none, else gradients are limited to -clamp .. clamp
//   finding   int32[1] or null: not 0 where the step is not to be taken (step_watch.cu); then nothing changes
#include "common.cuh"

// base^exponent by squaring: the same bits on every device, which pow has not.
__device__ double adam_power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result *= base;
    base *= base;
  }
  return result;
}

// Counts a step, t = steps += 1, and sets what the moments are divided by. Items: 1.
//   steps  int64[1]
extern "C" __global__ void adam_corrections(float* settings, int64_t* steps, const int* finding) {
  if (global_index() > 0 || (finding != nullptr && finding[0] != 0)) return;
  int64_t t = steps[0] + 1;
  steps[0] = t;
  settings[4] = static_cast<float>(1 - adam_power(settings[1], t));
  settings[5] = static_cast<float>(1 - adam_power(settings[2], t));
}
KERNEL(adam_corrections, 32, 1, 1)

// One thread: one weight. Items: count; block 256.
//   weight, gradient, m, v  float[count]
// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
// weight -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)         Kingma and Ba 2015, algorithm 1
extern "C" __global__ void adam_step(float* weight, const float* gradient, float* m, float* v, const float* settings,
                                     const int* finding, int64_t count) {
  int64_t i = global_index();
  if (i >= count || (finding != nullptr && finding[0] != 0)) return;
  float rate = settings[0], beta1 = settings[1], beta2 = settings[2], epsilon = settings[3];
  float clamp = settings[6];
  float g = gradient[i];
  if (clamp > 0.0f) g = g > clamp ? clamp : g < -clamp ? -clamp : g;  // NaN stays NaN
  float mean = beta1 * m[i] + (1.0f - beta1) * g;
  float square = beta2 * v[i] + (1.0f - beta2) * g * g;
  m[i] = mean;
  v[i] = square;
  weight[i] -= rate / settings[4] * mean / (sqrtf(square) / sqrtf(settings[5]) + epsilon);
}
KERNEL(adam_step, 256, 1, 1)
