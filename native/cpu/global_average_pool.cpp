// global_average_pool_*: the mean of each channel over an image's pixels.
#include "channels.h"
#include "twin.h"

namespace acuity::cpu {

void global_average_pool_forward(const float* x, float* y, int n, std::int64_t pixels, int channels) {
  want_planes("global_average_pool_forward", n, pixels, channels);
  sum_channels(
      n, pixels, channels, [=](std::int64_t i) { return x[i]; },
      [=](std::int64_t image, int c, double sum) {
        y[image * channels + c] = static_cast<float>(sum / static_cast<double>(pixels));
      });
}
TWIN(global_average_pool_forward)

void global_average_pool_backward(const float* dy, float* dx, int n, std::int64_t pixels, int channels,
                                  int accumulate) {
  want_planes("global_average_pool_backward", n, pixels, channels);
  const float share = 1.0f / static_cast<float>(pixels);
  over_pixels(n, pixels, channels, [=](std::int64_t image, std::int64_t at, std::int64_t count) {
    const float* mean = dy + image * channels;
    for (float* to = dx + at; to < dx + at + count * channels; to += channels) {
      if (accumulate) {
        for (int c = 0; c < channels; ++c) to[c] += mean[c] * share;
      } else {
        for (int c = 0; c < channels; ++c) to[c] = mean[c] * share;
      }
    }
  });
}
TWIN(global_average_pool_backward)

}  // namespace acuity::cpu
