// The mean of each channel over all pixels of an image.
//   x, dx  float[n][pixels][channels], y, dy  float[n][channels]
#include "channels.cuh"

// y = mean of x. Items: (channels, 8 * n); block 32x8, see channels.cuh.
extern "C" __global__ void global_average_pool_forward(const float* x, float* y, [[maybe_unused]] int n, int64_t pixels,
                                                       int channels) {
  sum_channels(
      pixels, channels, [=](int64_t i) { return x[i]; },
      [=](int64_t image, int channel, float sum) { y[image * channels + channel] = sum / static_cast<float>(pixels); });
}
KERNEL(global_average_pool_forward, 32, 8, 1)

// dx (+)= dy / pixels. One thread: one element. Items: n * pixels * channels; block 256.
extern "C" __global__ void global_average_pool_backward(const float* dy, float* dx, int n, int64_t pixels, int channels,
                                                        int accumulate) {
  int64_t i = global_index();
  if (i >= n * pixels * channels) return;
  float value = dy[i / (pixels * channels) * channels + i % channels] * (1.0f / static_cast<float>(pixels));
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(global_average_pool_backward, 256, 1, 1)

extern "C" __global__ void global_average_pool_forward_bf16(const bf16* x, float* y, [[maybe_unused]] int n,
                                                            int64_t pixels, int channels) {
  sum_channels8(
      pixels, channels, [=](int64_t i, float(&terms)[lanes8]) { load8(x + i, terms); },
      [=](int64_t image, int channel, float sum) { y[image * channels + channel] = sum / static_cast<float>(pixels); });
}
TILED_KERNEL(global_average_pool_forward_bf16, channel_threads, 1, 1, lanes8, channel_rows, 1)

extern "C" __global__ void global_average_pool_backward_bf16(const float* dy, bf16* dx, int n, int64_t pixels,
                                                             int channels, int accumulate) {
  ChannelBlock at(pixels, channels);
  if (at.image >= n) return;
  float own[lanes8], sum[lanes8] = {};
  at.load(dy, channels, own);
  if (accumulate) load8(dx + at.index, sum);
  for (int c = 0; c < lanes8; ++c) sum[c] += own[c] * (1.0f / static_cast<float>(pixels));
  store8(dx + at.index, sum);
}
TILED_KERNEL(global_average_pool_backward_bf16, channel_threads, 1, 1, channel_threads* lanes8, 1, 1)
