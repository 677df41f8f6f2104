// The Winograd transforms F(4 x 4, 3 x 3) and F(2 x 2, 5 x 5) in one dimension. Both evaluate at the same six points 0,
// a, -a, b, -b and infinity, with a = sqrt(1/2) and b = sqrt(2): reciprocal points keep the powers near 1, so that the
// rounding error is a few times smaller than with 0, 1, -1, 2, -2 at the same number of operations.
//   y = A^T [(G g) * (B^T d)], M(x) = x (x^2 - a^2)(x^2 - b^2) = x^5 - 5/2 x^3 + x; A[i][p] = p^i, G[p][j] = p^j /
//   M'(p), B^T's row p holds the coefficients of M(x) / (x - p), its last row those of M(x).
#pragma once

#include "vector.h"

namespace acuity::cpu::ACUITY_SET {

constexpr float kA = 0.70710678118654752f;
constexpr float kB = 1.41421356237309505f;
constexpr float kGa = -2.0f / 3;  // 1 / M'(a)
constexpr float kGb = 1.0f / 6;   // 1 / M'(b)

/// B^T d: six pixels to six points.
ACUITY_INLINE void evaluate(const vf (&d)[6], vf (&t)[6]) {
  const vf half = splat(0.5f), two = splat(2), middle = splat(2.5f), a = splat(kA), b = splat(kB);
  const vf even_a = fnma(two, d[2], d[4]), odd_a = fnma(two, d[1], d[3]);
  const vf even_b = fnma(half, d[2], d[4]), odd_b = fnma(half, d[1], d[3]);
  t[0] = fnma(middle, d[2], d[0] + d[4]);
  t[1] = fma(a, odd_a, even_a);
  t[2] = fnma(a, odd_a, even_a);
  t[3] = fma(b, odd_b, even_b);
  t[4] = fnma(b, odd_b, even_b);
  t[5] = fnma(middle, d[3], d[1] + d[5]);
}

/// A^T m: six points to the outputs of a tile, 4 or 2.
ACUITY_INLINE void interpolate(const vf (&m)[6], vf (&y)[4]) {
  const vf sum_a = m[1] + m[2], difference_a = m[1] - m[2], sum_b = m[3] + m[4], difference_b = m[3] - m[4];
  y[0] = m[0] + sum_a + sum_b;
  y[1] = fma(splat(kA), difference_a, splat(kB) * difference_b);
  y[2] = fma(splat(0.5f), sum_a, splat(2) * sum_b);
  y[3] = fma(splat(kA / 2), difference_a, fma(splat(kB * 2), difference_b, m[5]));
}

ACUITY_INLINE void interpolate(const vf (&m)[6], vf (&y)[2]) {
  y[0] = m[0] + (m[1] + m[2]) + (m[3] + m[4]);
  y[1] = fma(splat(kA), m[1] - m[2], fma(splat(kB), m[3] - m[4], m[5]));
}

/// A q: the outputs' gradients to the six points.
ACUITY_INLINE void spread(const vf (&y)[4], vf (&q)[6]) {
  const vf even_a = fma(splat(0.5f), y[2], y[0]), odd_a = fma(splat(0.5f), y[3], y[1]);
  const vf even_b = fma(splat(2), y[2], y[0]), odd_b = fma(splat(2), y[3], y[1]);
  q[0] = y[0];
  q[1] = fma(splat(kA), odd_a, even_a);
  q[2] = fnma(splat(kA), odd_a, even_a);
  q[3] = fma(splat(kB), odd_b, even_b);
  q[4] = fnma(splat(kB), odd_b, even_b);
  q[5] = y[3];
}

ACUITY_INLINE void spread(const vf (&y)[2], vf (&q)[6]) {
  q[0] = y[0];
  q[1] = fma(splat(kA), y[1], y[0]);
  q[2] = fnma(splat(kA), y[1], y[0]);
  q[3] = fma(splat(kB), y[1], y[0]);
  q[4] = fnma(splat(kB), y[1], y[0]);
  q[5] = y[1];
}

ACUITY_INLINE void weight_pairs(vf even_a, vf odd_a, vf even_b, vf odd_b, vf (&u)[6]) {
  u[1] = splat(kGa) * fma(splat(kA), odd_a, even_a);
  u[2] = splat(kGa) * fnma(splat(kA), odd_a, even_a);
  u[3] = splat(kGb) * fma(splat(kB), odd_b, even_b);
  u[4] = splat(kGb) * fnma(splat(kB), odd_b, even_b);
}

/// G g: the taps of a row of weights to six points.
ACUITY_INLINE void weight_points(const vf (&g)[3], vf (&u)[6]) {
  u[0] = g[0];
  weight_pairs(fma(splat(0.5f), g[2], g[0]), g[1], fma(splat(2), g[2], g[0]), g[1], u);
  u[5] = g[2];
}

ACUITY_INLINE void weight_points(const vf (&g)[5], vf (&u)[6]) {
  u[0] = g[0];
  weight_pairs(fma(splat(0.25f), g[4], fma(splat(0.5f), g[2], g[0])), fma(splat(0.5f), g[3], g[1]),
               fma(splat(4), g[4], fma(splat(2), g[2], g[0])), fma(splat(2), g[3], g[1]), u);
  u[5] = g[4];
}

/// G^T u: the gradient at six points to the taps.
ACUITY_INLINE void weight_taps(const vf (&u)[6], vf (&g)[3]) {
  const vf even_a = splat(kGa) * (u[1] + u[2]), even_b = splat(kGb) * (u[3] + u[4]);
  g[0] = u[0] + even_a + even_b;
  g[1] = fma(splat(kGa * kA), u[1] - u[2], splat(kGb * kB) * (u[3] - u[4]));
  g[2] = fma(splat(0.5f), even_a, fma(splat(2), even_b, u[5]));
}

ACUITY_INLINE void weight_taps(const vf (&u)[6], vf (&g)[5]) {
  const vf even_a = splat(kGa) * (u[1] + u[2]), even_b = splat(kGb) * (u[3] + u[4]);
  const vf odd_a = splat(kGa * kA) * (u[1] - u[2]), odd_b = splat(kGb * kB) * (u[3] - u[4]);
  g[0] = u[0] + even_a + even_b;
  g[1] = odd_a + odd_b;
  g[2] = fma(splat(0.5f), even_a, splat(2) * even_b);
  g[3] = fma(splat(0.5f), odd_a, splat(2) * odd_b);
  g[4] = fma(splat(0.25f), even_a, fma(splat(4), even_b, u[5]));
}

}  // namespace acuity::cpu::ACUITY_SET
