// conv1x1_*: y[pixel][o] = bias[o] + sum over i of weight[o][i] * x[pixel][i]: matrix products over blocks of pixels.
#include <algorithm>
#include <cstring>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr std::int64_t kPixels = 48;  // a block; a pixel's sums do not depend on it

/// The pixels of n images of h x w.
std::int64_t check(const char* kernel, int n, int h, int w, int in, int out) {
  const std::int64_t pixels = static_cast<std::int64_t>(n) * h * w;
  want_at_least(kernel, "pixels", 1, pixels);
  want_at_least(kernel, "in", 1, in);
  want_at_least(kernel, "out", 1, out);
  return pixels;
}

/// y[pixel][width] (+)= bias + x[pixel][depth] * b[depth][ceil16(width)]
void multiply(const float* x, const float* b, const float* bias, float* y, std::int64_t pixels, int depth, int width,
              bool accumulate) {
  const int padded = ceil16(width);
  const auto rows = active().products.rows;
  parallel_ranges(pixels, kPixels, [=](std::int64_t first, std::int64_t last) {
    float* block = scratch(Scratch::kBlock, kPixels * padded);
    rows(x + first * depth, depth, b, block, static_cast<int>(last - first), depth, padded);
    for (std::int64_t p = first; p < last; ++p) {
      const float* from = block + (p - first) * padded;
      float* to = y + p * width;
      if (accumulate) {
        for (int i = 0; i < width; ++i) to[i] += from[i];
      } else if (bias) {
        for (int i = 0; i < width; ++i) to[i] = from[i] + bias[i];
      } else {
        std::memcpy(to, from, width * sizeof(float));
      }
    }
  });
}

}  // namespace

void conv1x1_forward(const float* x, const float* weight, const float* bias, float* y, int n, int h, int w, int in,
                     int out) {
  const std::int64_t pixels = check("conv1x1_forward", n, h, w, in, out);
  const int padded = ceil16(out);
  float* b = scratch(Scratch::kPartials, static_cast<std::size_t>(in) * padded);
  std::memset(b, 0, static_cast<std::size_t>(in) * padded * sizeof(float));
  for (int o = 0; o < out; ++o) {
    for (int i = 0; i < in; ++i)
      b[static_cast<std::int64_t>(i) * padded + o] = weight[static_cast<std::int64_t>(o) * in + i];
  }
  multiply(x, b, bias, y, pixels, in, out, false);
}
TWIN(conv1x1_forward)

void conv1x1_backward_input(const float* dy, const float* weight, float* dx, int n, int h, int w, int in, int out,
                            int accumulate) {
  const std::int64_t pixels = check("conv1x1_backward_input", n, h, w, in, out);
  const int padded = ceil16(in);
  float* b = scratch(Scratch::kPartials, static_cast<std::size_t>(out) * padded);
  std::memset(b, 0, static_cast<std::size_t>(out) * padded * sizeof(float));
  for (int o = 0; o < out; ++o)
    std::memcpy(b + static_cast<std::int64_t>(o) * padded, weight + static_cast<std::int64_t>(o) * in,
                in * sizeof(float));
  multiply(dy, b, nullptr, dx, pixels, out, in, accumulate != 0);
}
TWIN(conv1x1_backward_input)

void conv1x1_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n, int h, int w, int in,
                             int out, int accumulate) {
  const std::int64_t pixels = check("conv1x1_backward_weight", n, h, w, in, out);
  const int padded = ceil16(in);
  const std::int64_t blocks = (pixels + kPixels - 1) / kPixels;
  // Fixed by the shape: the bits must not depend on the number of threads.
  const std::int64_t parts = std::min<std::int64_t>(16, (blocks + 3) / 4);
  const std::int64_t stride = static_cast<std::int64_t>(out) * padded + ceil16(out);
  float* partials = scratch(Scratch::kPartials, parts * stride);
  std::memset(partials, 0, parts * stride * sizeof(float));
  const auto outer = active().products.outer;
  parallel_for(parts, [=](std::int64_t part) {
    float* sums = partials + part * stride;
    float* bias = sums + static_cast<std::int64_t>(out) * padded;
    float* block = scratch(Scratch::kBlock, kPixels * padded);
    for (std::int64_t b = blocks * part / parts; b < blocks * (part + 1) / parts; ++b) {
      const std::int64_t first = b * kPixels, count = std::min(kPixels, pixels - first);
      for (std::int64_t p = 0; p < count; ++p) {
        std::memcpy(block + p * padded, x + (first + p) * in, in * sizeof(float));
        std::memset(block + p * padded + in, 0, (padded - in) * sizeof(float));
        for (int o = 0; o < out; ++o) bias[o] += dy[(first + p) * out + o];
      }
      outer(dy + first * out, out, block, sums, out, static_cast<int>(count), padded);
    }
  });
  const auto total = [=](std::int64_t at) {
    float sum = 0;
    for (std::int64_t part = 0; part < parts; ++part) sum += partials[part * stride + at];
    return sum;
  };
  parallel_ranges(out, 16, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      for (int i = 0; i < in; ++i) {
        float& to = dweight[o * in + i];
        to = accumulate ? to + total(o * padded + i) : total(o * padded + i);
      }
      if (dbias)
        dbias[o] = accumulate ? dbias[o] + total(static_cast<std::int64_t>(out) * padded + o)
                              : total(static_cast<std::int64_t>(out) * padded + o);
    }
  });
}
TWIN(conv1x1_backward_weight)

}  // namespace acuity::cpu
