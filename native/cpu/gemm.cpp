// Matrix products: each panel of b is packed once for a block of c's rows, [depth][columns], columns a multiple of 16;
// the register kernel of isa/gemm.h does the rest. A sum runs over all of k in order, in one accumulator.
#include "gemm.h"

#include <algorithm>
#include <cstring>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"

namespace acuity::cpu {
namespace {

constexpr int kColumns = 256;  // of a panel: 256 x 432 floats and less stay in L2
constexpr int kRows = 48;

/// b[0, k) x [column, column + count) to panel[k][ceil16(count)], zeros behind the end.
void pack(const Gemm& g, const float* b, int column, int count, float* panel) {
  const int padded = ceil16(count);
  if (!g.transpose_b) {
    for (int k = 0; k < g.k; ++k) {
      std::memcpy(panel + static_cast<std::int64_t>(k) * padded, b + k * g.b.stride + column, count * sizeof(float));
      std::memset(panel + static_cast<std::int64_t>(k) * padded + count, 0, (padded - count) * sizeof(float));
    }
    return;
  }
  constexpr int kBlock = 16;
  for (int first = 0; first < padded; first += kBlock) {
    for (int k = 0; k < g.k; k += kBlock) {
      const int depth = std::min(kBlock, g.k - k);
      for (int i = 0; i < kBlock; ++i) {
        float* to = panel + static_cast<std::int64_t>(k) * padded + first + i;
        if (first + i < count) {
          const float* from = b + (column + first + i) * g.b.stride + k;
          for (int j = 0; j < depth; ++j) to[static_cast<std::int64_t>(j) * padded] = from[j];
        } else {
          for (int j = 0; j < depth; ++j) to[static_cast<std::int64_t>(j) * padded] = 0;
        }
      }
    }
  }
}

/// Rows [first, last) of one matrix.
void rows(const Gemm& g, std::int64_t matrix, int first, int last) {
  const Products& products = active().products;
  const float* a = g.a.data + matrix * g.a.step;
  const float* b = g.b.data + matrix * g.b.step;
  float* c = g.c.data + matrix * g.c.step;
  const int widest = ceil16(std::min(g.n, kColumns));
  float* const panel = scratch(Scratch::kBlock, static_cast<std::size_t>(g.k + kRows) * widest);
  float* const block = panel + static_cast<std::int64_t>(g.k) * widest;
  for (int column = 0; column < g.n; column += kColumns) {
    const int count = std::min(kColumns, g.n - column), padded = ceil16(count);
    pack(g, b, column, count, panel);
    for (int row = first; row < last; row += kRows) {
      const int height = std::min(kRows, last - row);
      if (g.transpose_a) {
        std::memset(block, 0, static_cast<std::size_t>(height) * padded * sizeof(float));
        products.outer(a + row, g.a.stride, panel, block, height, g.k, padded);
      } else {
        products.rows(a + row * g.a.stride, g.a.stride, panel, block, height, g.k, padded);
      }
      for (int r = 0; r < height; ++r) {
        const float* from = block + static_cast<std::int64_t>(r) * padded;
        float* to = c + (row + r) * g.c.stride + column;
        if (g.beta != 0) {
          for (int i = 0; i < count; ++i) to[i] += g.alpha * from[i];
        } else {
          for (int i = 0; i < count; ++i) to[i] = g.alpha * from[i];
        }
      }
    }
  }
}

}  // namespace

void multiply(const Gemm& g) {
  want_at_least("gemm", "m", 1, g.m);
  want_at_least("gemm", "n", 1, g.n);
  want_at_least("gemm", "k", 1, g.k);
  want_at_least("gemm", "batch", 1, g.batch);
  // Many matrices: one an item, its panel packed once. Few: rows are divided, whatever packing that repeats.
  const int height = g.batch >= 8 ? g.m : std::max(kRows, ((g.m + 15) / 16 + kRows - 1) / kRows * kRows);
  const std::int64_t blocks = (g.m + height - 1) / height;
  parallel_for(g.batch * blocks, [&](std::int64_t item) {
    const int first = static_cast<int>(item % blocks) * height;
    rows(g, item / blocks, first, std::min(g.m, first + height));
  });
}

}  // namespace acuity::cpu
