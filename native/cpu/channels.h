// What the twins share that treat each channel of each image alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "check.h"
#include "pool.h"
#include "scratch.h"

namespace acuity::cpu {

inline void want_planes(const char* kernel, int n, std::int64_t pixels, int channels) {
  want_at_least(kernel, "n", 1, n);
  want_at_least(kernel, "pixels", 1, pixels);
  want_at_least(kernel, "channels", 1, channels);
}

/// f(image, index of the first number, pixels) over runs of pixels that fit a core's cache.
template <class F>
void over_pixels(int n, std::int64_t pixels, int channels, const F& f) {
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 / channels), runs = (pixels + grain - 1) / grain;
  parallel_for(n * runs, [&](std::int64_t item) {
    const std::int64_t image = item / runs, first = item % runs * grain;
    f(image, (image * pixels + first) * channels, std::min(grain, pixels - first));
  });
}

/// finish(image, channel, sum over the image's pixels of term(index)). The pixels are divided by their number alone and
/// the parts added in order, so the bits do not depend on the threads.
template <class Term, class Finish>
void sum_channels(int n, std::int64_t pixels, int channels, const Term& term, const Finish& finish) {
  const std::int64_t parts = std::min<std::int64_t>(64, (pixels + 511) / 512);
  float* const partials = scratch(Scratch::kPartials, n * parts * channels);
  parallel_for(n * parts, [&](std::int64_t item) {
    const std::int64_t image = item / parts, part = item % parts;
    std::int64_t p = pixels * part / parts;
    const std::int64_t last = pixels * (part + 1) / parts;
    float* __restrict sums = partials + item * channels;
    std::memset(sums, 0, channels * sizeof(float));
    for (; p + 4 <= last; p += 4) {
      const std::int64_t at = (image * pixels + p) * channels;
      for (int c = 0; c < channels; ++c) {
        sums[c] +=
            (term(at + c) + term(at + channels + c)) + (term(at + 2 * channels + c) + term(at + 3 * channels + c));
      }
    }
    for (; p < last; ++p) {
      const std::int64_t at = (image * pixels + p) * channels;
      for (int c = 0; c < channels; ++c) sums[c] += term(at + c);
    }
  });
  for (std::int64_t image = 0; image < n; ++image) {
    for (int c = 0; c < channels; ++c) {
      double sum = 0;
      for (std::int64_t part = 0; part < parts; ++part) sum += partials[(image * parts + part) * channels + c];
      finish(image, c, sum);
    }
  }
}

}  // namespace acuity::cpu
