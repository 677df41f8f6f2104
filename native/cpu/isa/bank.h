// Rows of RGB pixels through the filters of the frequency bank, and their Haar bands. No fused multiply-add but where
// the result is the same without, so that every instruction set gives the bits of the CUDA kernels.
#pragma once

#include "../isa.h"
#include "narrow.h"
#include "vector.h"

namespace acuity::cpu::ACUITY_SET {

/// Reads and writes whole vectors.
struct Whole {
  ACUITY_INLINE vf get(const float* p, int) { return load(p); }
  ACUITY_INLINE void put(float* p, vf v, int) { store(p, v); }
};

/// Reads and writes the first floats of a vector.
struct Part {
  ACUITY_INLINE vf get(const float* p, int lanes) { return load_part(p, lanes); }
  ACUITY_INLINE void put(float* p, vf v, int lanes) { store_part(p, v, lanes); }
};

/// f(access, i, lanes) for vectors from `first` to `end`: whole ones, and a part at the end.
template <class F>
ACUITY_INLINE void over_vectors(long first, long end, F f) {
  long i = first;
  for (; i + W <= end; i += W) f(Whole(), i, W);
  if (i < end) f(Part(), i, static_cast<int>(end - i));
}

/// Clamped to 0 .. 1, rounded to a multiple of 1/255, ties to even.
ACUITY_INLINE vf level(vf x) {
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it leaves no bits for fractions
  const vf v = (at_most(splat(255.0f), at_least(zero(), x * splat(255.0f))) + magic) - magic;
#if defined(ACUITY_PLAIN)
  return v / splat(255.0f);
#else
  // A multiplication by 1/255 in two parts gives the quotient's bits for each of the 256 levels, in a third of the
  // time.
  constexpr float high = 1.0f / 255.0f, low = static_cast<float>(1.0 / 255.0 - static_cast<double>(high));
  return fma(v, splat(high), v * splat(low));
#endif
}

static void detail_row(const float* up, const float* x, const float* down, float* sums, float* to, int width) {
  const long count = 3L * width;
  const vf thirteenth = splat(1.0f / 13.0f), four_times = splat(4.0f);
  over_vectors(0, count, [=](auto access, long i, int lanes) {
    access.put(sums + i, (access.get(up + i, lanes) + access.get(x + i, lanes)) + access.get(down + i, lanes), lanes);
  });
  over_vectors(3, count - 3, [=](auto access, long i, int lanes) {
    const vf middle = access.get(x + i, lanes);
    const vf sum = (access.get(sums + i - 3, lanes) + access.get(sums + i, lanes)) + access.get(sums + i + 3, lanes);
    access.put(to + i, middle - (sum + four_times * middle) * thirteenth, lanes);
  });
  for (int i = 0; i < 3; ++i) to[i] = to[count - 3 + i] = 0;
}

static void levels_row(const float* x, float* to, long count) {
  over_vectors(0, count,
               [=](auto access, long i, int lanes) { access.put(to + i, level(access.get(x + i, lanes)), lanes); });
}

static void sharpen_row(const float* x, const float* detail, float gain, float* to, long count) {
  const vf g = splat(gain);
  over_vectors(0, count, [=](auto access, long i, int lanes) {
    access.put(to + i, level(access.get(x + i, lanes) + g * access.get(detail + i, lanes)), lanes);
  });
}

template <int radius>
static void blur_down_by(const float* const* rows, const float* weight, float* to, long count) {
  over_vectors(0, count, [=](auto access, long i, int lanes) {
    vf sum = splat(weight[0]) * access.get(rows[0] + i, lanes);
#pragma GCC unroll 5
    for (int k = 1; k <= radius; ++k) {
      sum = sum + splat(weight[k]) * (access.get(rows[2 * k - 1] + i, lanes) + access.get(rows[2 * k] + i, lanes));
    }
    access.put(to + i, sum, lanes);
  });
}

template <int radius>
static void blur_across_by(const float* x, const float* weight, float* to, long count) {
  over_vectors(0, count, [=](auto access, long i, int lanes) {
    vf sum = splat(weight[0]) * access.get(x + i, lanes);
#pragma GCC unroll 5
    for (int k = 1; k <= radius; ++k) {
      sum = sum + splat(weight[k]) * (access.get(x + i - 3 * k, lanes) + access.get(x + i + 3 * k, lanes));
    }
    access.put(to + i, level(sum), lanes);
  });
}

static void blur_down(const float* const* rows, const float* weight, int radius, float* to, long count) {
  switch (radius) {
    case 0:
      return blur_down_by<0>(rows, weight, to, count);
    case 1:
      return blur_down_by<1>(rows, weight, to, count);
    case 2:
      return blur_down_by<2>(rows, weight, to, count);
    case 3:
      return blur_down_by<3>(rows, weight, to, count);
    case 4:
      return blur_down_by<4>(rows, weight, to, count);
    default:
      return blur_down_by<5>(rows, weight, to, count);
  }
}

static void blur_across(const float* x, const float* weight, int radius, float* to, long count) {
  switch (radius) {
    case 0:
      return blur_across_by<0>(x, weight, to, count);
    case 1:
      return blur_across_by<1>(x, weight, to, count);
    case 2:
      return blur_across_by<2>(x, weight, to, count);
    case 3:
      return blur_across_by<3>(x, weight, to, count);
    case 4:
      return blur_across_by<4>(x, weight, to, count);
    default:
      return blur_across_by<5>(x, weight, to, count);
  }
}

static void enlarge_down(const float* const* rows, const float* weight, float* to, long count) {
  over_vectors(0, count, [=](auto access, long i, int lanes) {
    vf sum = splat(weight[0]) * access.get(rows[0] + i, lanes);
#pragma GCC unroll 3
    for (int k = 1; k < 4; ++k) sum = sum + splat(weight[k]) * access.get(rows[k] + i, lanes);
    access.put(to + i, sum, lanes);
  });
}

ACUITY_INLINE four load4(const float* p) {
  four v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

/// Writes a pixel of three floats, and one float of what lies behind it unless it is the last.
ACUITY_INLINE void store3(float* p, four v, bool last) { __builtin_memcpy(p, &v, last ? 12 : 16); }

static void enlarge_across(const float* x, const int* index, const float* weight, float* to, int width) {
  const four none = {0, 0, 0, 0}, one = {1, 1, 1, 1};
  for (int i = 0; i < width; ++i, index += 4, weight += 4) {
    four sum = weight[0] * load4(x + 3L * index[0]);
#pragma GCC unroll 3
    for (int k = 1; k < 4; ++k) sum = sum + weight[k] * load4(x + 3L * index[k]);
    sum = sum > none ? sum : none;
    store3(to + 3L * i, sum < one ? sum : one, i == width - 1);
  }
}

#if defined(ACUITY_AVX512)

/// 16 blocks are 144 floats in nine vectors. Float i of those, of block i / 9, takes the sums or differences of that
/// block's left and right column: one pick of two vectors for each column.
struct HaarPicks {
  int pick[9][16];
  float sign[9][16];  // 1/2 where the columns are added, -1/2 where the right one is subtracted
  int block[9];       // the first of a vector
};

constexpr HaarPicks make_haar_picks() {
  HaarPicks p = {};
  for (int v = 0; v < 9; ++v) {
    p.block[v] = 16 * v / 9;
    for (int i = 0; i < 16; ++i) {
      const int at = 16 * v + i, band = at % 9 / 3;
      p.pick[v][i] = 6 * (at / 9 - p.block[v]) + at % 3 + (band == 1 ? 0 : 16);
      p.sign[v][i] = band == 0 ? 0.5f : -0.5f;
    }
  }
  return p;
}

static constexpr HaarPicks haar_picks = make_haar_picks();

/// The part of haar_row that whole groups of 16 blocks make; returns how many blocks those are. `streams`: past the
/// caches, to a cache line.
template <bool streams>
static int haar_groups(const float* upper, const float* lower, float* to, int width) {
  int done = 0;
  const vf half = splat(0.5f);
  // The last vector reads 16 floats from its block on, and 3 more: beyond the group, so another must follow.
  for (; done + 18 <= width; done += 16) {
#pragma GCC unroll 9
    for (int v = 0; v < 9; ++v) {
      const long from = 6L * (done + haar_picks.block[v]);
      const vf a = load(upper + from), c = load(lower + from), b = load(upper + from + 3), d = load(lower + from + 3);
      const __m512i pick = _mm512_loadu_si512(haar_picks.pick[v]);
      const vf left = _mm512_permutex2var_ps(a + c, pick, a - c), right = _mm512_permutex2var_ps(b + d, pick, b - d);
      // halves are exact, so fusing rounds as (left +- right) / 2 does
      const vf made = fma(right, load(haar_picks.sign[v]), left * half);
      float* place = to + 9L * done + 16 * v;
      if constexpr (streams) {
        _mm512_stream_ps(place, made);
      } else {
        store(place, made);
      }
    }
  }
  return done;
}

#else

template <bool streams>
static int haar_groups(const float*, const float*, float*, int) {
  return 0;
}

#endif

static void haar_row(const float* upper, const float* lower, float* to, int width, bool streams) {
  const bool on_line = reinterpret_cast<unsigned long>(to) % 64 == 0;
  int x = streams && on_line ? haar_groups<true>(upper, lower, to, width) : haar_groups<false>(upper, lower, to, width);
  for (; x < width; ++x) {
    const four a = load4(upper + 6L * x), c = load4(lower + 6L * x);
    const four b = load4(upper + 6L * x + 3), d = load4(lower + 6L * x + 3);
    const four left = a - c, right = b - d;
    float* pixel = to + 9L * x;
    store3(pixel, 0.5f * (left + right), false);
    store3(pixel + 3, 0.5f * ((a + c) - (b + d)), false);
    store3(pixel + 6, 0.5f * (left - right), x == width - 1);
  }
}

}  // namespace acuity::cpu::ACUITY_SET
