// The register kernel of every product here: up to 6 rows by COLUMNS vectors, summed over k one fused multiply-add at a
// time, in order of k: a row's sums do not depend on the rows computed beside it.
#pragma once

#include "../isa.h"
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
#pragma GCC unroll 4
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

/// Weights of `depth` rows by `width` columns for multiply_plane lie in panels of as many columns as the register
/// kernel takes at a time, [width / panel][depth][panel]: it reads one line after the other, and a panel stays in L1
/// for all rows.
ACUITY_INLINE int panel_of(int width) { return smaller(COLUMNS * W, width); }

/// Where column `column`, a multiple of W, of row `row` lies among such weights.
ACUITY_INLINE long panel_place(int row, int column, long depth, int width) {
  const int panel = panel_of(width), inside = column % panel;
  return (column - inside) * depth + static_cast<long>(row) * panel + inside;
}

/// c[rows][width] = a[rows][depth] * u[width / panel][ceil16(depth)][panel], `rows` a multiple of ROWS; c may not be a.
/// What lies behind u is fetched into L1 when its turn is next.
static void multiply_plane(const float* a, long lda, const float* u, float* c, long ldc, int rows, int depth,
                           int width) {
  const int panel = panel_of(width);
  const long size = static_cast<long>(ceil16(depth)) * panel;
  for (int column = 0; column < width; column += panel, u += size) {
    const float* next = u + size;
    int r = 0;
#if defined(ACUITY_AVX512)
    if (width == W) {  // one column: more rows, for as many sums under way as the multipliers' latency asks for
      for (; r + 2 * ROWS <= rows; r += 2 * ROWS) {
        multiply_tile<2 * ROWS, 1, false, false>(a + r * lda, lda, u, W, c + r * ldc, ldc, depth, next);
      }
    }
#endif
    for (; r < rows; r += ROWS) {
      multiply_rows<ROWS, false, false>(a + r * lda, lda, u, panel, c + column + r * ldc, ldc, depth, panel, next);
      next += static_cast<long>(depth) * 16;
      if (next >= u + 2 * size) next = u;  // the next panel is there
    }
  }
}

}  // namespace acuity::cpu::ACUITY_SET
