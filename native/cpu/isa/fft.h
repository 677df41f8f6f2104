// Complex Fourier transforms of many equal sequences at once, one in each lane of a vector; no shuffle is needed but
// the transposes that put rows into lanes. Mixed radix, Stockham's order: stages go from one array to another and leave
// the result sorted. (Swapping real and imaginary parts on the way in and out turns a forward transform into the
// inverse.)
#pragma once

#include "../isa.h"
#include "transpose.h"
#include "vector.h"

namespace acuity::cpu::ACUITY_SET {

struct Complex {
  vf re;
  vf im;
};

ACUITY_INLINE Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
ACUITY_INLINE Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
/// -i a
ACUITY_INLINE Complex turned(Complex a) { return {a.im, zero() - a.re}; }
/// a (c + i s)
ACUITY_INLINE Complex times(Complex a, float c, float s) {
  return {fnma(a.im, splat(s), a.re * splat(c)), fma(a.im, splat(c), a.re * splat(s))};
}

/// Vectors of a sequence: element i lies at re + i * stride and im + i * stride.
struct Sequence {
  float* re;
  float* im;
  long stride;

  ACUITY_INLINE Complex at(const Sequence& s, long i) { return {load(s.re + i * s.stride), load(s.im + i * s.stride)}; }
  ACUITY_INLINE void put(const Sequence& s, long i, Complex v) {
    store(s.re + i * s.stride, v.re);
    store(s.im + i * s.stride, v.im);
  }
};

template <int radix>
struct Butterfly;

template <>
struct Butterfly<1> {
  ACUITY_INLINE void apply(Complex (&)[1], const float*) {}
};

template <>
struct Butterfly<2> {
  ACUITY_INLINE void apply(Complex (&x)[2], const float*) {
    const Complex sum = x[0] + x[1];
    x[1] = x[0] - x[1];
    x[0] = sum;
  }
};

template <>
struct Butterfly<4> {
  ACUITY_INLINE void apply(Complex (&x)[4], const float*) {
    const Complex a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = turned(x[1] - x[3]);
    x[0] = a + c;
    x[1] = b + d;
    x[2] = a - c;
    x[3] = b - d;
  }
};

template <>
struct Butterfly<8> {
  ACUITY_INLINE void apply(Complex (&x)[8], const float*) {
    Complex even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
    Butterfly<4>::apply(even, nullptr);
    Butterfly<4>::apply(odd, nullptr);
    const vf half = splat(0.70710678118654752f);
    const Complex one = {(odd[1].re + odd[1].im) * half, (odd[1].im - odd[1].re) * half};
    const Complex three = {(odd[3].im - odd[3].re) * half, zero() - (odd[3].re + odd[3].im) * half};
    const Complex two = turned(odd[2]);
    x[0] = even[0] + odd[0];
    x[4] = even[0] - odd[0];
    x[1] = even[1] + one;
    x[5] = even[1] - one;
    x[2] = even[2] + two;
    x[6] = even[2] - two;
    x[3] = even[3] + three;
    x[7] = even[3] - three;
  }
};

/// Odd radices by pairs of elements k and radix - k. roots: cos and sin of 2 pi k / radix, k = 0 .. radix - 1.
template <int radix>
struct Butterfly {
  ACUITY_INLINE void apply(Complex (&x)[radix], const float* roots) {
    constexpr int pairs = radix / 2;
    Complex sum[pairs + 1], difference[pairs + 1];
    Complex total = x[0];
#pragma GCC unroll 16
    for (int k = 1; k <= pairs; ++k) {
      sum[k] = x[k] + x[radix - k];
      difference[k] = turned(x[k] - x[radix - k]);
      total = total + sum[k];
    }
    const Complex first = x[0];
    x[0] = total;
#pragma GCC unroll 16
    for (int j = 1; j <= pairs; ++j) {
      Complex even = first, odd = {zero(), zero()};
#pragma GCC unroll 16
      for (int k = 1; k <= pairs; ++k) {
        const vf c = splat(roots[2 * (j * k % radix)]), s = splat(roots[2 * (j * k % radix) + 1]);
        even = {fma(sum[k].re, c, even.re), fma(sum[k].im, c, even.im)};
        odd = {fma(difference[k].re, s, odd.re), fma(difference[k].im, s, odd.im)};
      }
      x[j] = even + odd;
      x[radix - j] = even - odd;
    }
  }
};

/// One stage: to[q + s (radix p + j)] = w^(p j) sum over k of from[q + s (p + m k)] exp(-2 pi i j k / radix), for p < m
/// and q < s, with w^(p j) from the twiddles.
template <int radix>
static void stage(const FftStage& stage, const Sequence& from, const Sequence& to) {
  const long m = stage.rest, s = stage.done;
  const float* twiddle = stage.twiddles;
  for (long p = 0; p < m; ++p, twiddle += 2 * (radix - 1)) {
    for (long q = 0; q < s; ++q) {
      Complex x[radix];
#pragma GCC unroll 32
      for (int k = 0; k < radix; ++k) x[k] = Sequence::at(from, q + s * (p + m * k));
      Butterfly<radix>::apply(x, stage.roots);
      Sequence::put(to, q + s * radix * p, x[0]);
      if (p == 0) {
#pragma GCC unroll 32
        for (int j = 1; j < radix; ++j) Sequence::put(to, q + s * j, x[j]);
      } else {
#pragma GCC unroll 32
        for (int j = 1; j < radix; ++j) {
          Sequence::put(to, q + s * (radix * p + j), times(x[j], twiddle[2 * j - 2], twiddle[2 * j - 1]));
        }
      }
    }
  }
}

static void run_stage(const FftStage& at, const Sequence& from, const Sequence& to) {
  switch (at.radix) {
    case 1:
      return stage<1>(at, from, to);
    case 2:
      return stage<2>(at, from, to);
    case 3:
      return stage<3>(at, from, to);
    case 4:
      return stage<4>(at, from, to);
    case 5:
      return stage<5>(at, from, to);
    case 7:
      return stage<7>(at, from, to);
    case 8:
      return stage<8>(at, from, to);
    case 11:
      return stage<11>(at, from, to);
    default:
      return stage<13>(at, from, to);
  }
}

ACUITY_INLINE Sequence swapped(const Sequence& s) { return {s.im, s.re, s.stride}; }

/// Transforms `from` over all stages, by way of `a` and `b` in turn, and returns the one that has the result. `a` is
/// not `from`, `b` may be. The last stage goes to `end` if there is one.
static Sequence transform(const FftAxis& axis, const Sequence& from, const Sequence& a, const Sequence& b,
                          const Sequence* end) {
  Sequence source = from;
  for (int i = 0; i < axis.stages; ++i) {
    const Sequence target = end != nullptr && i == axis.stages - 1 ? *end : i % 2 == 0 ? a : b;
    run_stage(axis.stage[i], source, target);
    source = target;
  }
  return source;
}

/// A sequence of vectors in one piece of scratch: re and im of an element side by side.
ACUITY_INLINE Sequence packed_sequence(float* memory) { return {memory, memory + W, 2L * W}; }

static long fft_scratch(int n) { return 2L * 2 * W * n; }

/// Rows [first, first + 2 W) of a real plane, of which `count` exist, to halves of their spectra: re and im, each
/// [height][ld], ld at least width / 2 + 1 rounded up to W. Two rows are the real and the imaginary part of one
/// sequence.
static void fft_rows_forward(const FftAxis& axis, const float* plane, int first, int count, float* re, float* im,
                             long ld, float* scratch) {
  const int width = axis.n, half = width / 2;
  const Sequence x = packed_sequence(scratch), a = packed_sequence(scratch + 2L * W * width);
  for (int part = 0; part < 2; ++part) {
    float* to = part == 0 ? x.re : x.im;
    for (int column = 0; column < width; column += W) {
      const int lanes = smaller(W, width - column);
      vf block[W];
#pragma GCC unroll 16
      for (int r = 0; r < W; ++r) {
        const int row = part * W + r;
        block[r] = row < count ? load_some(plane + static_cast<long>(first + row) * width + column, lanes) : zero();
      }
      transpose(block);
      for (int i = 0; i < lanes; ++i) store(to + (column + i) * x.stride, block[i]);
    }
  }
  const Sequence z = transform(axis, x, a, x, nullptr);
  const vf one_half = splat(0.5f);
  for (int column = 0; column <= half; column += W) {
    const int lanes = smaller(W, half + 1 - column);
    vf parts[4][W];  // re and im of the first rows, then of the second
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) {
      const int k = i < lanes ? column + i : column;
      const Complex p = Sequence::at(z, k), q = Sequence::at(z, k == 0 ? 0 : width - k);
      parts[0][i] = (p.re + q.re) * one_half;
      parts[1][i] = (p.im - q.im) * one_half;
      parts[2][i] = (p.im + q.im) * one_half;
      parts[3][i] = (q.re - p.re) * one_half;
    }
    for (int part = 0; part < 4; ++part) {
      transpose(parts[part]);
      float* to = (part % 2 == 0 ? re : im) + static_cast<long>(first + part / 2 * W) * ld + column;
      const int rows = smaller(W, count - part / 2 * W);
      for (int r = 0; r < rows; ++r) store(to + r * ld, parts[part][r]);
    }
  }
}

/// The inverse of fft_rows_forward, without its factor 1 / width. Imaginary parts at 0 and, in an even width, at the
/// middle count as zero.
static void fft_rows_inverse(const FftAxis& axis, const float* re, const float* im, long ld, int first, int count,
                             float* plane, float* scratch) {
  const int width = axis.n, half = width / 2;
  const Sequence z = packed_sequence(scratch), a = packed_sequence(scratch + 2L * W * width);
  for (int column = 0; column <= half; column += W) {
    const int lanes = smaller(W, half + 1 - column);
    vf parts[4][W];
    for (int part = 0; part < 4; ++part) {
      const float* from = (part % 2 == 0 ? re : im) + static_cast<long>(first + part / 2 * W) * ld + column;
#pragma GCC unroll 16
      for (int r = 0; r < W; ++r) parts[part][r] = part / 2 * W + r < count ? load(from + r * ld) : zero();
      transpose(parts[part]);
    }
    for (int i = 0; i < lanes; ++i) {
      const int k = column + i;
      const bool real = k == 0 || 2 * k == width;
      const vf im_first = real ? zero() : parts[1][i], im_second = real ? zero() : parts[3][i];
      Sequence::put(z, k, {parts[0][i] - im_second, im_first + parts[2][i]});
      if (!real) Sequence::put(z, width - k, {parts[0][i] + im_second, parts[2][i] - im_first});
    }
  }
  const Sequence x = swapped(transform(axis, swapped(z), swapped(a), swapped(z), nullptr));
  for (int part = 0; part < 2; ++part) {
    const float* from = part == 0 ? x.re : x.im;
    const int rows = smaller(W, count - part * W);
    if (rows <= 0) break;
    for (int column = 0; column < width; column += W) {
      const int lanes = smaller(W, width - column);
      vf block[W];
#pragma GCC unroll 16
      for (int i = 0; i < W; ++i) block[i] = load(from + smaller(column + i, width - 1) * x.stride);
      transpose(block);
      float* to = plane + static_cast<long>(first + part * W) * width + column;
      for (int r = 0; r < rows; ++r) store_some(to + static_cast<long>(r) * width, block[r], lanes);
    }
  }
}

/// W columns of half spectra [height][ld] to rows of complex numbers, of which `lanes` columns are stored. `to` points
/// at the first of these columns in the first row; rows lie `row` floats apart.
static void fft_columns_forward(const FftAxis& axis, float* re, float* im, long ld, int lanes, float* to, long row,
                                float* scratch) {
  const Sequence a = packed_sequence(scratch), b = packed_sequence(scratch + 2L * W * axis.n);
  const Sequence z = transform(axis, {re, im, ld}, a, b, nullptr);
  for (long y = 0; y < axis.n; ++y, to += row) {
    const Complex v = Sequence::at(z, y);
    vf low, high;
    interleave(v.re, v.im, low, high);
    store_some(to, low, smaller(W, 2 * lanes));
    if (2 * lanes > W) store_some(to + W, high, smaller(W, 2 * lanes - W));
  }
}

/// The inverse of fft_columns_forward, without its factor 1 / height.
static void fft_columns_inverse(const FftAxis& axis, const float* from, long row, int lanes, float* re, float* im,
                                long ld, float* scratch) {
  const Sequence x = packed_sequence(scratch), a = packed_sequence(scratch + 2L * W * axis.n);
  for (long y = 0; y < axis.n; ++y, from += row) {
    const vf low = load_some(from, smaller(W, 2 * lanes));
    const vf high = 2 * lanes > W ? load_some(from + W, smaller(W, 2 * lanes - W)) : zero();
    Complex v;
    deinterleave(low, high, v.re, v.im);
    Sequence::put(x, y, v);
  }
  const Sequence end = {im, re, ld};
  transform(axis, swapped(x), swapped(a), swapped(x), &end);
}

}  // namespace acuity::cpu::ACUITY_SET
