// Batch normalisation and the leaky ReLU behind it, over runs of pixels. A run fits L1; within it the channels are
// walked in blocks whose constants stay in registers.
#pragma once

#include "../isa.h"
#include "vector.h"

namespace acuity::cpu::ACUITY_SET {

constexpr int RUN_FLOATS = 4096;

/// Calls f for blocks of COLUMNS vectors, then single vectors, the last of which may hold fewer than W channels.
/// (Blocks are always full: there `some` is the constant W, and the loops hold no test.)
template <class F>
ACUITY_INLINE void channel_blocks(int channels, const F& f) {
  int channel = 0;
  for (; channel + COLUMNS * W <= channels; channel += COLUMNS * W) f.template run<COLUMNS>(channel, W);
  for (; channel < channels; channel += W) f.template run<1>(channel, smaller(W, channels - channel));
}

/// Pixels in runs, each run block by block.
template <class F>
ACUITY_INLINE void pixel_runs(long pixels, int channels, const F& make) {
  const long run = channels < RUN_FLOATS / 8 ? RUN_FLOATS / channels : 8;
  for (long first = 0; first < pixels; first += run) {
    channel_blocks(channels, make(first, smaller(run, pixels - first)));
  }
}

template <int columns>
struct Constants {
  vf v[columns];

  ACUITY_INLINE Constants of(const float* p) {
    Constants c;
#pragma GCC unroll 4
    for (int i = 0; i < columns; ++i) c.v[i] = load(p + i * W);
    return c;
  }
  ACUITY_INLINE Constants zeros() {
    Constants c;
#pragma GCC unroll 4
    for (int i = 0; i < columns; ++i) c.v[i] = zero();
    return c;
  }
};

struct SumsRun {
  const float* x;
  const float* shift;
  float* sums;
  long pixels;
  int channels;

  template <int columns>
  ACUITY_INLINE void add(float* to, const vf (&v)[columns], int count) {
#pragma GCC unroll 4
    for (int i = 0; i < columns; ++i) {
      store_some(to + i * W, load_some(to + i * W, count) + v[i], count);
    }
  }

  template <int columns>
  void run(int channel, int some) const {
    const int count = columns == 1 ? some : W;
    const auto s = Constants<columns>::of(shift + channel);
    auto sum = Constants<columns>::zeros(), squares = sum;
    const float* from = x + channel;
    for (long p = 0; p < pixels; ++p, from += channels) {
#pragma GCC unroll 4
      for (int i = 0; i < columns; ++i) {
        const vf d = load_some(from + i * W, count) - s.v[i];
        sum.v[i] = sum.v[i] + d;
        squares.v[i] = fma(d, d, squares.v[i]);
      }
    }
    add<columns>(sums + channel, sum.v, count);
    add<columns>(sums + channels + channel, squares.v, count);
  }
};

/// sums[0][.] += x - shift, sums[1][.] += (x - shift)^2; shift has room for whole vectors.
static void norm_sums(const float* x, const float* shift, float* sums, long pixels, int channels) {
  pixel_runs(pixels, channels, [=](long first, long count) {
    return SumsRun{x + first * channels, shift, sums, count, channels};
  });
}

struct ForwardRun {
  const float* x;
  NormConstants c;
  float* y;
  long pixels;
  int channels;

  template <int columns>
  void run(int channel, int some) const {
    const int count = columns == 1 ? some : W;
    const auto mean = Constants<columns>::of(c.mean + channel), factor = Constants<columns>::of(c.factor + channel),
               bias = Constants<columns>::of(c.bias + channel);
    const vf slope = splat(c.slope);
    for (long p = 0; p < pixels; ++p) {
      const float* from = x + p * channels + channel;
      float* to = y + p * channels + channel;
#pragma GCC unroll 4
      for (int i = 0; i < columns; ++i) {
        const vf z = fma(load_some(from + i * W, count) - mean.v[i], factor.v[i], bias.v[i]);
        store_some(to + i * W, choose_positive(z, z, slope * z), count);
      }
    }
  }
};

static void norm_forward(const float* x, const NormConstants& c, float* y, long pixels, int channels) {
  pixel_runs(pixels, channels, [=](long first, long count) {
    return ForwardRun{x + first * channels, c, y + first * channels, count, channels};
  });
}

struct BackwardSumsRun {
  const float* x;
  const float* dy;
  NormConstants c;
  float* sums;
  long pixels;
  int channels;

  template <int columns>
  void run(int channel, int some) const {
    const int count = columns == 1 ? some : W;
    const auto mean = Constants<columns>::of(c.mean + channel), factor = Constants<columns>::of(c.factor + channel),
               bias = Constants<columns>::of(c.bias + channel);
    const vf slope = splat(c.slope);
    auto sum = Constants<columns>::zeros(), products = sum;
    for (long p = 0; p < pixels; ++p) {
      const long at = p * channels + channel;
#pragma GCC unroll 4
      for (int i = 0; i < columns; ++i) {
        const vf d = load_some(x + at + i * W, count) - mean.v[i], dz = load_some(dy + at + i * W, count);
        const vf g = choose_positive(fma(d, factor.v[i], bias.v[i]), dz, slope * dz);
        sum.v[i] = sum.v[i] + g;
        products.v[i] = fma(g, d, products.v[i]);
      }
    }
    SumsRun::add<columns>(sums + channel, sum.v, count);
    SumsRun::add<columns>(sums + channels + channel, products.v, count);
  }
};

/// sums[0][.] += g, sums[1][.] += g (x - mean).
static void norm_backward_sums(const float* x, const float* dy, const NormConstants& c, float* sums, long pixels,
                               int channels) {
  pixel_runs(pixels, channels, [=](long first, long count) {
    return BackwardSumsRun{x + first * channels, dy + first * channels, c, sums, count, channels};
  });
}

template <bool accumulate>
struct BackwardInputRun {
  const float* x;
  const float* dy;
  NormConstants c;
  float* dx;
  long pixels;
  int channels;

  template <int columns>
  void run(int channel, int some) const {
    const int count = columns == 1 ? some : W;
    const auto mean = Constants<columns>::of(c.mean + channel), factor = Constants<columns>::of(c.factor + channel),
               bias = Constants<columns>::of(c.bias + channel), flat = Constants<columns>::of(c.flat + channel),
               tilt = Constants<columns>::of(c.tilt + channel);
    const vf slope = splat(c.slope);
    for (long p = 0; p < pixels; ++p) {
      const long at = p * channels + channel;
#pragma GCC unroll 4
      for (int i = 0; i < columns; ++i) {
        const vf d = load_some(x + at + i * W, count) - mean.v[i], dz = load_some(dy + at + i * W, count);
        const vf g = choose_positive(fma(d, factor.v[i], bias.v[i]), dz, slope * dz);
        vf value = fnma(tilt.v[i], d, fma(factor.v[i], g, flat.v[i]));
        if (accumulate) value = value + load_some(dx + at + i * W, count);
        store_some(dx + at + i * W, value, count);
      }
    }
  }
};

template <bool accumulate>
static void norm_input_runs(const float* x, const float* dy, const NormConstants& c, float* dx, long pixels,
                            int channels) {
  pixel_runs(pixels, channels, [=](long first, long count) {
    const long at = first * channels;
    return BackwardInputRun<accumulate>{x + at, dy + at, c, dx + at, count, channels};
  });
}

/// dx (+)= factor g + flat - tilt (x - mean).
static void norm_backward_input(const float* x, const float* dy, const NormConstants& c, float* dx, long pixels,
                                int channels, bool accumulate) {
  if (accumulate) {
    norm_input_runs<true>(x, dy, c, dx, pixels, channels);
  } else {
    norm_input_runs<false>(x, dy, c, dx, pixels, channels);
  }
}

}  // namespace acuity::cpu::ACUITY_SET
