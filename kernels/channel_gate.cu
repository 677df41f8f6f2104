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

// to = base + gate * x; base may be null.
__device__ static void channel_gated(const bf16* x, const float* gate, const bf16* base, bf16* to, int n,
                                     int64_t pixels, int channels) {
  ChannelBlock at(pixels, channels);
  if (at.image >= n) return;
  float own[lanes8], value[lanes8], sum[lanes8] = {};
  at.load(gate, channels, own);
  load8(x + at.index, value);
  if (base != nullptr) load8(base + at.index, sum);
  for (int c = 0; c < lanes8; ++c) sum[c] += own[c] * value[c];
  store8(to + at.index, sum);
}

extern "C" __global__ void channel_gate_forward_bf16(const bf16* x, const float* gate, const bf16* residual, bf16* y,
                                                     int n, int64_t pixels, int channels) {
  channel_gated(x, gate, residual, y, n, pixels, channels);
}
TILED_KERNEL(channel_gate_forward_bf16, channel_threads, 1, 1, channel_threads* lanes8, 1, 1)

extern "C" __global__ void channel_gate_backward_input_bf16(const bf16* dy, const float* gate, bf16* dx, int n,
                                                            int64_t pixels, int channels, int accumulate) {
  channel_gated(dy, gate, accumulate ? dx : nullptr, dx, n, pixels, channels);
}
TILED_KERNEL(channel_gate_backward_input_bf16, channel_threads, 1, 1, channel_threads* lanes8, 1, 1)

// dx (+)= gate * dy + dmean / pixels: what reaches x by the product and by the mean that the gate was told by.
//   dmean  float[n][channels]
extern "C" __global__ void channel_gate_backward_mean_bf16(const bf16* dy, const float* gate, const float* dmean,
                                                           bf16* dx, int n, int64_t pixels, int channels,
                                                           int accumulate) {
  ChannelBlock at(pixels, channels);
  if (at.image >= n) return;
  float own[lanes8], mean[lanes8], value[lanes8], sum[lanes8] = {};
  at.load(gate, channels, own);
  at.load(dmean, channels, mean);
  load8(dy + at.index, value);
  if (accumulate) load8(dx + at.index, sum);
  for (int c = 0; c < lanes8; ++c) sum[c] += own[c] * value[c] + mean[c] * (1.0f / static_cast<float>(pixels));
  store8(dx + at.index, sum);
}
TILED_KERNEL(channel_gate_backward_mean_bf16, channel_threads, 1, 1, channel_threads* lanes8, 1, 1)

extern "C" __global__ void channel_gate_backward_gate_bf16(const bf16* dy, const bf16* x, float* dgate,
                                                           [[maybe_unused]] int n, int64_t pixels, int channels,
                                                           int accumulate) {
  sum_channels8(
      pixels, channels,
      [=](int64_t i, float(&terms)[lanes8]) {
        float value[lanes8];
        load8(dy + i, terms);
        load8(x + i, value);
        for (int c = 0; c < lanes8; ++c) terms[c] *= value[c];
      },
      [=](int64_t image, int channel, float sum) {
        float& to = dgate[image * channels + channel];
        to = accumulate ? to + sum : sum;
      });
}
TILED_KERNEL(channel_gate_backward_gate_bf16, channel_threads, 1, 1, lanes8, channel_rows, 1)
