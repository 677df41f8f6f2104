// The dual contrastive loss of a discriminator's logits: each real one against all fake ones, and the other way round.
//   L = mean_i log(1 + exp(F - real_i)) + mean_j log(1 + exp(R + fake_j)),  F = log sum exp(fake), R = log sum
//   exp(-real) real float[count_real], fake float[count_fake] terms float[4]: F, R, mean_i sigma(F - real_i), mean_j
//   sigma(R + fake_j)
// Block 256.
#include "reduce.cuh"

constexpr int dual_threads = 256;

// log sum exp(sign * x), in every thread; all threads call it.
__device__ float dual_log_sum(const float* x, int count, float sign) {
  __shared__ float highest[dual_threads];
  float largest = sign * x[0];
  for (int i = threadIdx.x; i < count; i += dual_threads) largest = fmaxf(largest, sign * x[i]);
  __syncthreads();  // a call before this one may still be reading
  highest[threadIdx.x] = largest;
  __syncthreads();
  for (int i = 0; i < dual_threads; ++i) largest = fmaxf(largest, highest[i]);
  float sum = 0.0f;
  for (int i = threadIdx.x; i < count; i += dual_threads) sum += expf(sign * x[i] - largest);
  return largest + logf(block_sum<dual_threads>(sum));
}

__device__ __forceinline__ float dual_sigmoid(float v) { return 1.0f / (1.0f + expf(-v)); }
__device__ __forceinline__ float dual_softplus(float v) { return fmaxf(v, 0.0f) + log1pf(expf(-fabsf(v))); }

// loss and terms. One block for all. Items: 1.
extern "C" __global__ void dual_contrastive_loss_forward(const float* real, const float* fake, float* loss,
                                                         float* terms, int count_real, int count_fake) {
  if (blockIdx.x > 0) return;
  float of_fake = dual_log_sum(fake, count_fake, 1.0f), of_real = dual_log_sum(real, count_real, -1.0f);
  float real_loss = 0.0f, real_slope = 0.0f, fake_loss = 0.0f, fake_slope = 0.0f;
  for (int i = threadIdx.x; i < count_real; i += dual_threads) {
    real_loss += dual_softplus(of_fake - real[i]);
    real_slope += dual_sigmoid(of_fake - real[i]);
  }
  for (int j = threadIdx.x; j < count_fake; j += dual_threads) {
    fake_loss += dual_softplus(of_real + fake[j]);
    fake_slope += dual_sigmoid(of_real + fake[j]);
  }
  float each_real = 1.0f / static_cast<float>(count_real), each_fake = 1.0f / static_cast<float>(count_fake);
  real_loss = block_sum<dual_threads>(real_loss) * each_real;
  real_slope = block_sum<dual_threads>(real_slope) * each_real;
  fake_loss = block_sum<dual_threads>(fake_loss) * each_fake;
  fake_slope = block_sum<dual_threads>(fake_slope) * each_fake;
  if (threadIdx.x == 0) {
    loss[0] = real_loss + fake_loss;
    terms[0] = of_fake;
    terms[1] = of_real;
    terms[2] = real_slope;
    terms[3] = fake_slope;
  }
}
KERNEL(dual_contrastive_loss_forward, dual_threads, 1, 1)

// The gradient of the real logits (fake = 0) or the fake ones (fake = 1). With x = real, or -fake, and A the log sum of
// the other side, B that of -x:
//   dL/dx_i = -sigma(A - x_i) / count - exp(-x_i - B) * (mean sigma of the other side)
// One thread: one logit. Items: count.
extern "C" __global__ void dual_contrastive_loss_backward(const float* logits, const float* terms, const float* dloss,
                                                          float* dlogits, int count, int fake, int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float sign = fake ? -1.0f : 1.0f, x = sign * logits[i];
  float other = terms[fake ? 1 : 0], own = terms[fake ? 0 : 1], slope = terms[fake ? 2 : 3];
  float value = -sign * dloss[0] * (dual_sigmoid(other - x) / static_cast<float>(count) + expf(-x - own) * slope);
  dlogits[i] = accumulate ? dlogits[i] + value : value;
}
KERNEL(dual_contrastive_loss_backward, dual_threads, 1, 1)
