// The register kernel of every product here: up to 6 rows by COLUMNS vectors, summed over k one fused multiply-add at a
// time, in order of k: a row's sums do not depend on the rows computed beside it.
#pragma once

#include "vector.h"

namespace acuity::cpu::ACUITY_SET {

constexpr int ROWS = 6;

/// c[r][.] = (add ? c : 0) + sum over k of a(r, k) * b[k][.], a(r, k) being a[r * lda + k], or a[k * lda + r] when
/// `transposed`. `next`: memory needed soon, one cache line a step is fetched into L1.
template <int rows, int columns, bool transposed, bool add>
ACUITY_INLINE void multiply_tile(const float* a, long lda, const float* b, long ldb, float* c, long ldc, int depth,
                                 const float* next) {
  vf sum[rows][columns];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < columns; ++v) sum[r][v] = zero();
  for (int k = 0; k < depth; ++k) {
    vf weight[columns];
#pragma GCC unroll 16
    for (int v = 0; v < columns; ++v) weight[v] = load(b + v * W);
    b += ldb;
    __builtin_prefetch(next);
    next += 16;
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const vf x = splat(transposed ? a[r] : a[r * lda]);
#pragma GCC unroll 16
      for (int v = 0; v < columns; ++v) sum[r][v] = fma(x, weight[v], sum[r][v]);
    }
    a += transposed ? lda : 1;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < columns; ++v) {
      float* to = c + r * ldc + v * W;
      store(to, add ? load(to) + sum[r][v] : sum[r][v]);
    }
}

/// `width` (a multiple of W) columns of `rows` rows.
template <int rows, bool transposed, bool add>
static void multiply_rows(const float* a, long lda, const float* b, long ldb, float* c, long ldc, int depth, int width,
                          const float* next) {
  int column = 0;
  for (; column + COLUMNS * W <= width; column += COLUMNS * W) {
    multiply_tile<rows, COLUMNS, transposed, add>(a, lda, b + column, ldb, c + column, ldc, depth, next);
  }
  switch ((width - column) / W) {
    case 1:
      multiply_tile<rows, 1, transposed, add>(a, lda, b + column, ldb, c + column, ldc, depth, next);
      break;
#if defined(ACUITY_AVX512)
    case 2:
      multiply_tile<rows, 2, transposed, add>(a, lda, b + column, ldb, c + column, ldc, depth, next);
      break;
    case 3:
      multiply_tile<rows, 3, transposed, add>(a, lda, b + column, ldb, c + column, ldc, depth, next);
      break;
#endif
    default:
      break;
  }
}

/// `rows` may be any number from 1 to 6.
template <bool transposed, bool add>
ACUITY_INLINE void multiply_some_rows(int rows, const float* a, long lda, const float* b, long ldb, float* c, long ldc,
                                      int depth, int width, const float* next) {
  switch (rows) {
    case 1:
      multiply_rows<1, transposed, add>(a, lda, b, ldb, c, ldc, depth, width, next);
      break;
    case 2:
      multiply_rows<2, transposed, add>(a, lda, b, ldb, c, ldc, depth, width, next);
      break;
    case 3:
      multiply_rows<3, transposed, add>(a, lda, b, ldb, c, ldc, depth, width, next);
      break;
    case 4:
      multiply_rows<4, transposed, add>(a, lda, b, ldb, c, ldc, depth, width, next);
      break;
    case 5:
      multiply_rows<5, transposed, add>(a, lda, b, ldb, c, ldc, depth, width, next);
      break;
    default:
      multiply_rows<6, transposed, add>(a, lda, b, ldb, c, ldc, depth, width, next);
      break;
  }
}

}  // namespace acuity::cpu::ACUITY_SET
