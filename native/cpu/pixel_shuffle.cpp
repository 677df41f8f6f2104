// pixel_shuffle_*: [n][h][w][channels_out * r * r] to [n][h * r][w * r][channels_out]; channel c * r * r + i * r + j of
// a pixel goes to channel c of the pixel (i, j) of its r x r cell, as PyTorch's PixelShuffle. h and w are those of x in
// both passes.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

void check(const char* kernel, int n, int h, int w, int channels_out, int r) {
  want_at_least(kernel, "n", 1, n);
  want_at_least(kernel, "h", 1, h);
  want_at_least(kernel, "w", 1, w);
  want_at_least(kernel, "channels_out", 1, channels_out);
  want_at_least(kernel, "r", 1, r);
}

/// move(index in the small image, index in the large one) for every number.
template <class F>
void shuffle(int n, int h, int w, int channels, int r, const F& move) {
  const std::int64_t cell = static_cast<std::int64_t>(channels) * r * r;
  parallel_for(static_cast<std::int64_t>(n) * h, [&](std::int64_t row) {
    for (int x = 0; x < w; ++x) {
      const std::int64_t small = (row * w + x) * cell;
      for (int i = 0; i < r; ++i) {
        std::int64_t large = ((row * r + i) * w + x) * r * channels;
        for (int j = 0; j < r; ++j) {
          for (int c = 0; c < channels; ++c) move(small + (c * r + i) * r + j, large++);
        }
      }
    }
  });
}

}  // namespace

void pixel_shuffle_forward(const float* x, float* y, int n, int h, int w, int channels_out, int r) {
  check("pixel_shuffle_forward", n, h, w, channels_out, r);
  shuffle(n, h, w, channels_out, r, [=](std::int64_t small, std::int64_t large) { y[large] = x[small]; });
}
TWIN(pixel_shuffle_forward)

void pixel_shuffle_backward(const float* dy, float* dx, int n, int h, int w, int channels_out, int r, int accumulate) {
  check("pixel_shuffle_backward", n, h, w, channels_out, r);
  shuffle(n, h, w, channels_out, r,
          [=](std::int64_t small, std::int64_t large) { dx[small] = accumulate ? dx[small] + dy[large] : dy[large]; });
}
TWIN(pixel_shuffle_backward)

}  // namespace acuity::cpu
