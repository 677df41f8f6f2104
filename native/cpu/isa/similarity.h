// Feature maps against those of their samples, pixel by pixel: dot products and lengths over channels, and the
// weighted sums their gradients are. Both wait for memory; a few pixels at a time keep sr's own features in L1.
#pragma once

#include "vector.h"

namespace acuity::cpu::ACUITY_SET {

constexpr long SIMILAR_PIXELS = 4;
constexpr float LEAST_LENGTH = 1e-12f;

ACUITY_INLINE float inverse_length(float squares) {
  const float length = __builtin_sqrtf(squares);
  return 1.0f / (length > LEAST_LENGTH ? length : LEAST_LENGTH);
}

ACUITY_INLINE vf some_of(const float* p, int count) { return load_some(p, count < W ? count : W); }

struct Dots {
  float xy;
  float yy;
};

/// Two sums of each, so that a chain of additions is not waited for.
ACUITY_INLINE Dots dots(const float* x, const float* y, int channels) {
  vf xy0 = zero(), xy1 = zero(), yy0 = zero(), yy1 = zero();
  int c = 0;
  for (; c + 2 * W <= channels; c += 2 * W) {
    const vf a = load(y + c), b = load(y + c + W);
    xy0 = fma(load(x + c), a, xy0);
    xy1 = fma(load(x + c + W), b, xy1);
    yy0 = fma(a, a, yy0);
    yy1 = fma(b, b, yy1);
  }
  for (; c < channels; c += W) {
    const vf a = some_of(y + c, channels - c);
    xy0 = fma(some_of(x + c, channels - c), a, xy0);
    yy0 = fma(a, a, yy0);
  }
  return {sum(xy0 + xy1), sum(yy0 + yy1)};
}

static void cosines(const SimilarityJob& job, long first, long last, double* sums) {
  const long width = 2L * job.sets + 1;
  for (long p = first; p < last; ++p) {
    const float* x = job.sr + p * job.channels;
    job.terms[p * width] = inverse_length(dots(x, x, job.channels).yy);
  }
  for (int set = 0; set < job.sets; ++set) sums[set] = 0;
  for (long p = first; p < last; p += SIMILAR_PIXELS) {
    const long end = smaller(p + SIMILAR_PIXELS, last);
    for (int set = 0; set < job.sets; ++set) {
      const float* samples = job.samples + set * job.set_stride;
      for (long q = p; q < end; ++q) {
        float* to = job.terms + q * width;
        const Dots found = dots(job.sr + q * job.channels, samples + q * job.channels, job.channels);
        const float scale = inverse_length(found.yy);
        const float cosine = found.xy * to[0] * scale;
        to[1 + set] = scale;
        to[1 + job.sets + set] = cosine;
        sums[set] += cosine;
      }
    }
  }
}

static void distances(const SimilarityJob& job, long first, long last, double* sums) {
  for (int set = 0; set < job.sets; ++set) {
    const float* samples = job.samples + set * job.set_stride;
    sums[set] = 0;
    for (long p = first; p < last; ++p) {
      const float *x = job.sr + p * job.channels, *y = samples + p * job.channels;
      vf total = zero();
      for (int c = 0; c < job.channels; c += W) {
        const int count = job.channels - c;
        const vf difference = some_of(x + c, count) - some_of(y + c, count);
        total = total + at_least(zero() - difference, difference);
      }
      sums[set] += sum(total);
    }
  }
}

/// dsr (+)= along * sr + sum over sets of factors[set] * sample, for `vectors` vectors of one pixel from channel c.
template <int vectors>
ACUITY_INLINE void mix(const SimilarityJob& job, long at, int count, float along, const float* factors) {
  vf total[vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) {
    const vf x = splat(along) * some_of(job.sr + at + v * W, count - v * W);
    total[v] = job.accumulate ? x + some_of(job.dsr + at + v * W, count - v * W) : x;
  }
  for (int set = 0; set < job.sets; ++set) {
    const vf factor = splat(factors[set]);
    const float* y = job.samples + set * job.set_stride + at;
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) total[v] = fma(factor, some_of(y + v * W, count - v * W), total[v]);
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) {
    const int left = count - v * W;
    store_some(job.dsr + at + v * W, total[v], left < W ? left : W);
  }
}

/// factors: room for one number a set. slope: that of set 0 and the pixels' image.
static void cosine_gradient(const SimilarityJob& job, const float* slope, long images, float rate, float* factors,
                            long first, long last) {
  const long width = 2L * job.sets + 1;
  for (long p = first; p < last; ++p) {
    const float* terms = job.terms + p * width;
    const float scale = rate * terms[0];
    float along = 0;
    for (int set = 0; set < job.sets; ++set) {
      along += slope[set * images] * terms[1 + job.sets + set];
      factors[set] = scale * slope[set * images] * terms[1 + set];
    }
    along *= terms[0] < 1.0f / LEAST_LENGTH ? -scale * terms[0] : 0.0f;
    int c = 0;
    for (; c + 4 * W <= job.channels; c += 4 * W) mix<4>(job, p * job.channels + c, 4 * W, along, factors);
    for (; c < job.channels; c += W) mix<1>(job, p * job.channels + c, job.channels - c, along, factors);
  }
}

static void distance_gradient(const SimilarityJob& job, const float* slope, long images, float rate, long first,
                              long last) {
  for (long at = first * job.channels; at < last * job.channels; at += W) {
    const int count = static_cast<int>(smaller(last * job.channels - at, static_cast<long>(W)));
    const vf x = load_some(job.sr + at, count);
    vf total = zero();
    for (int set = 0; set < job.sets; ++set) {
      const vf difference = x - load_some(job.samples + set * job.set_stride + at, count);
      const vf step = splat(slope[set * images] * rate);
      total = total + where_positive(difference, step) - where_positive(zero() - difference, step);
    }
    store_some(job.dsr + at, job.accumulate ? total + load_some(job.dsr + at, count) : total, count);
  }
}

}  // namespace acuity::cpu::ACUITY_SET
