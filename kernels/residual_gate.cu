// Numbers raised by a gate of their own: y = x + gamma * gate * x.
//   x, gate, y, dy, dx, dgate  float[count], gamma, dgamma  float[1], partial  float[256]
#include "reduce.cuh"

constexpr int gate_threads = 256;

// One thread: one element. Items: count; block 256.
extern "C" __global__ void residual_gate_forward(const float* x, const float* gate, const float* gamma, float* y,
                                                 int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = x[i] + gamma[0] * gate[i] * x[i];
}
KERNEL(residual_gate_forward, gate_threads, 1, 1)

// dx (+)= dy + gamma * gate * dy. One thread: one element. Items: count; block 256.
extern "C" __global__ void residual_gate_backward_input(const float* dy, const float* gate, const float* gamma,
                                                        float* dx, int64_t count, int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float value = dy[i] + gamma[0] * gate[i] * dy[i];
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(residual_gate_backward_input, gate_threads, 1, 1)

// dgate (+)= gamma * dy * x. One thread: one element. Items: count; block 256.
extern "C" __global__ void residual_gate_backward_gate(const float* dy, const float* x, const float* gamma,
                                                       float* dgate, int64_t count, int accumulate) {
  int64_t i = global_index();
  if (i >= count) return;
  float value = gamma[0] * dy[i] * x[i];
  dgate[i] = accumulate ? dgate[i] + value : value;
}
KERNEL(residual_gate_backward_gate, gate_threads, 1, 1)

// partial[k] = sum of dy * gate * x over the k-th of 256 equal ranges. One block: one range. Items: 256 * 256.
extern "C" __global__ void residual_gate_backward_gamma(const float* dy, const float* x, const float* gate,
                                                        float* partial, int64_t count) {
  int64_t range = (count + 255) / 256;
  int64_t first = blockIdx.x * range, last = min(first + range, count);
  float sum = 0.0f;
  for (int64_t i = first + threadIdx.x; i < last; i += gate_threads) sum += dy[i] * gate[i] * x[i];
  sum = block_sum<gate_threads>(sum);
  if (threadIdx.x == 0 && blockIdx.x < 256) partial[blockIdx.x] = sum;
}
KERNEL(residual_gate_backward_gamma, gate_threads, 1, 1)

// dgamma (+)= sum of the 256 parts. One block for all. Items: 1.
extern "C" __global__ void residual_gate_reduce(const float* partial, float* dgamma, int accumulate) {
  float sum = block_sum<gate_threads>(partial[threadIdx.x]);
  if (threadIdx.x == 0) dgamma[0] = accumulate ? dgamma[0] + sum : sum;
}
KERNEL(residual_gate_reduce, gate_threads, 1, 1)
