// channel_gate_*: y = residual + gate * x with one gate for each channel of each image.
#include "channels.h"
#include "twin.h"

namespace acuity::cpu {

void channel_gate_forward(const float* x, const float* gate, const float* residual, float* y, int n,
                          std::int64_t pixels, int channels) {
  want_planes("channel_gate_forward", n, pixels, channels);
  over_pixels(n, pixels, channels, [=](std::int64_t image, std::int64_t at, std::int64_t count) {
    const float* factor = gate + image * channels;
    for (std::int64_t i = at; i < at + count * channels; i += channels) {
      if (residual) {
        for (int c = 0; c < channels; ++c) y[i + c] = residual[i + c] + x[i + c] * factor[c];
      } else {
        for (int c = 0; c < channels; ++c) y[i + c] = x[i + c] * factor[c];
      }
    }
  });
}
TWIN(channel_gate_forward)

void channel_gate_backward_input(const float* dy, const float* gate, float* dx, int n, std::int64_t pixels,
                                 int channels, int accumulate) {
  want_planes("channel_gate_backward_input", n, pixels, channels);
  over_pixels(n, pixels, channels, [=](std::int64_t image, std::int64_t at, std::int64_t count) {
    const float* factor = gate + image * channels;
    for (std::int64_t i = at; i < at + count * channels; i += channels) {
      if (accumulate) {
        for (int c = 0; c < channels; ++c) dx[i + c] += dy[i + c] * factor[c];
      } else {
        for (int c = 0; c < channels; ++c) dx[i + c] = dy[i + c] * factor[c];
      }
    }
  });
}
TWIN(channel_gate_backward_input)

void channel_gate_backward_gate(const float* dy, const float* x, float* dgate, int n, std::int64_t pixels, int channels,
                                int accumulate) {
  want_planes("channel_gate_backward_gate", n, pixels, channels);
  sum_channels(
      n, pixels, channels, [=](std::int64_t i) { return dy[i] * x[i]; },
      [=](std::int64_t image, int c, double sum) {
        float& to = dgate[image * channels + c];
        to = accumulate ? to + static_cast<float>(sum) : static_cast<float>(sum);
      });
}
TWIN(channel_gate_backward_gate)

}  // namespace acuity::cpu
