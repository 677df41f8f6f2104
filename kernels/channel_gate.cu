// Each channel of an image times a number of its own, as channel attention ends; a residual may be added.
//   x, residual, y, dy, dx  float[n][pixels][channels], gate, dgate  float[n][channels]
#include "channels.cuh"

// y = residual + gate * x; residual may be null, and may be y. One thread: one element. Items: n * pixels * channels;
// block 256.
extern "C" __global__ void channel_gate_forward(const float* x, const float* gate, const float* residual, float* y,
                                                int n, int64_t pixels, int channels) {
  int64_t i = global_index();
  if (i >= n * pixels * channels) return;
  float value = x[i] * gate[i / (pixels * channels) * channels + i % channels];
  y[i] = residual != nullptr ? residual[i] + value : value;
}
KERNEL(channel_gate_forward, 256, 1, 1)

// dx (+)= gate * dy. One thread: one element. Items: n * pixels * channels; block 256.
extern "C" __global__ void channel_gate_backward_input(const float* dy, const float* gate, float* dx, int n,
                                                       int64_t pixels, int channels, int accumulate) {
  int64_t i = global_index();
  if (i >= n * pixels * channels) return;
  float value = dy[i] * gate[i / (pixels * channels) * channels + i % channels];
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(channel_gate_backward_input, 256, 1, 1)

// dgate (+)= sum over pixels of dy * x. Items: (channels, 8 * n); block 32x8, see channels.cuh.
extern "C" __global__ void channel_gate_backward_gate(const float* dy, const float* x, float* dgate,
                                                      [[maybe_unused]] int n, int64_t pixels, int channels,
                                                      int accumulate) {
  sum_channels(
      pixels, channels, [=](int64_t i) { return dy[i] * x[i]; },
      [=](int64_t image, int channel, float sum) {
        float& to = dgate[image * channels + channel];
        to = accumulate ? to + sum : sum;
      });
}
KERNEL(channel_gate_backward_gate, 32, 8, 1)
