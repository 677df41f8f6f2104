// One step of Adam as PyTorch computes it. One thread: one weight. Items: count; block 256.
//   weight, gradient, m, v  float[count]
//   settings  float[8] {learning rate, beta1, beta2, epsilon, 1 - beta1^t, 1 - beta2^t, clamp, 0}; on the device, so
//   that a captured graph can be replayed with new ones. clamp 0: none, else gradients are limited to -clamp .. clamp
// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
// weight -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)         Kingma and Ba 2015, algorithm 1
#include "common.cuh"

extern "C" __global__ void adam_step(float* weight, const float* gradient, float* m, float* v, const float* settings,
                                     int64_t count) {
  int64_t i = global_index();
  if (i >= count) return;
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
