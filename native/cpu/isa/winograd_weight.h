// Winograd's algorithm for the weights: their transform, and the gradient dU[36] = V^T dM summed over tiles.
#pragma once

#include "winograd.h"

namespace acuity::cpu::ACUITY_SET {

/// Output channel of packed channel c: behind a pixel shuffle, packed order is phase after phase.
ACUITY_INLINE int channel_of(int c, int out, int shuffle) {
  const int square = shuffle * shuffle, channels = out / square;
  return c % channels * square + c / channels;
}

/// U[point], as multiply_plane wants it, of each block of WIDTH lanes, for rows [first, last): forward rows are inputs
/// and lanes packed outputs; backward the other way round, with the taps reversed.
template <int k>
static void pack(const float* weight, float* packed, int in, int out, int shuffle, bool backward, int first, int last) {
  constexpr int taps = k * k;
  const int all_rows = ceil16(backward ? out : in), lanes = backward ? in : out, all = ceil16(lanes);
  for (int row = first; row < last; ++row) {
    const int row_output = backward ? channel_of(row, out, shuffle) : 0;
    for (int lane = 0; lane < all; lane += W) {
      float tap[taps][W] = {};
      const int count = smaller(W, lanes - lane);
      for (int i = 0; i < count; ++i) {
        const float* from = backward
                                ? weight + (static_cast<long>(row_output) * in + lane + i) * taps
                                : weight + (static_cast<long>(channel_of(lane + i, out, shuffle)) * in + row) * taps;
        for (int t = 0; t < taps; ++t) tap[t][i] = from[backward ? taps - 1 - t : t];
      }
      const int width = smaller(WIDTH, all - lane / WIDTH * WIDTH);
      float* to = packed + static_cast<long>(POINTS) * all_rows * (lane / WIDTH * WIDTH) +
                  panel_place(row, lane % WIDTH, all_rows, width);
      vf columns[6][k];
      for (int j = 0; j < k; ++j) {
        vf g[k], u[6];
        for (int i = 0; i < k; ++i) g[i] = load(tap[i * k + j]);
        weight_points(g, u);
        for (int i = 0; i < 6; ++i) columns[i][j] = u[i];
      }
      for (int i = 0; i < 6; ++i) {
        vf u[6];
        weight_points(columns[i], u);
        for (int j = 0; j < 6; ++j) store(to + (i * 6 + j) * static_cast<long>(all_rows) * width, u[j]);
      }
    }
  }
}

/// The points of a tile of dy, and the sum of its pixels into `bias`.
template <int step>
static void gradient_to_points(const WeightJob& job, Tile tile, int first, int last, float* d, long plane,
                               float* bias) {
  const Picture& p = job.dy;
  const float* at[step][step];
  visit_channels(
      p, first, last,
      [&](int phase) {
        for (int i = 0; i < step; ++i) {
          for (int j = 0; j < step; ++j) {
            const bool inside = tile.y + i < p.height && tile.x + j < p.width;
            at[i][j] = inside ? p.data + offset_of(p, tile.image, tile.y + i, tile.x + j, phase) : job.zeros;
          }
        }
      },
      [&](int channel, int count, int offset) {
        vf t[6][step];
        vf sum = load(bias + channel);
#pragma GCC unroll 4
        for (int j = 0; j < step; ++j) {
          vf y[step], q[6];
#pragma GCC unroll 4
          for (int i = 0; i < step; ++i) y[i] = load_some(at[i][j] + offset, count);
          spread(y, q);
          if constexpr (step == 4) {
            sum = sum + ((y[0] + y[1]) + (y[2] + y[3]));
          } else {
            sum = sum + (y[0] + y[1]);
          }
#pragma GCC unroll 6
          for (int i = 0; i < 6; ++i) t[i][j] = q[i];
        }
        store(bias + channel, sum);  // lanes from `count` on held zeros: their sums are unchanged
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) {
          vf q[6];
          spread(t[i], q);
#pragma GCC unroll 6
          for (int j = 0; j < 6; ++j) store(d + (i * 6 + j) * plane + channel, q[j]);
        }
      });
}

/// The points of tiles [first, first + count) of x and dy, in rows 0 .. count - 1 of each block of 64 channels, and the
/// sums of the pixels of dy.
template <int k>
static void weight_points_of_tiles(const WeightJob& job, long first, int count, const PointRows& v, const PointRows& d,
                                   float* bias) {
  for (int t = 0; t < count; ++t) {
    const Tile tile = tile_at(first + t, job.tiles_x, job.tiles_y, 7 - k);
    for (int c = 0; c < job.in; c += WIDTH) {
      tile_to_points<k>(job.x, job.zeros, tile, c, smaller(c + WIDTH, job.in), v.at(c / WIDTH, t), v.plane);
    }
    for (int c = 0; c < job.out; c += WIDTH) {
      gradient_to_points<7 - k>(job, tile, c, smaller(c + WIDTH, job.out), d.at(c / WIDTH, t), d.plane, bias + c);
    }
  }
}

/// sums[inputs][width] (+)= the products of `points` planes of v and d, over all their rows; `depth` rows at a time, so
/// that both stay in L1. Meanwhile the sums themselves, which lie in L2 or beyond, are fetched.
static void weight_products(const float* v, long plane_v, int ldv, const float* d, long plane_d, int ldd, int points,
                            int tiles, int inputs, int width, float* sums, bool add) {
  constexpr int depth = 64;
  for (int point = 0; point < points; ++point) {
    for (int t = 0; t < tiles; t += depth) {
      const float* const a = v + point * plane_v + static_cast<long>(t) * ldv;
      const float* const b = d + point * plane_d + static_cast<long>(t) * ldd;
      const int rows = smaller(depth, tiles - t);
      for (int i = 0; i < inputs; i += ROWS) {
        float* const c = sums + static_cast<long>(i) * width;
        const int some = smaller(ROWS, inputs - i);
        if (add || point > 0 || t > 0) {
          multiply_some_rows<true, true>(some, a + i, ldv, b, ldd, c, width, rows, width, c);
        } else {
          multiply_some_rows<true, false>(some, a + i, ldv, b, ldd, c, width, rows, width, b);
        }
      }
    }
  }
}

/// Weights of inputs [first, last) (within the block) of one channel block, whose sums are
/// [36][inputs][ceil16(outputs)].
template <int k>
static void weight_finish(const WeightJob& job, const float* sums, int in_block, int out_block, int first, int last,
                          float* dweight, int shuffle, float scale, bool accumulate) {
  constexpr int taps = k * k;
  const int in_first = in_block * WIDTH, inputs = smaller(WIDTH, job.in - in_first);
  const int out_first = out_block * WIDTH, outputs = smaller(WIDTH, job.out - out_first), ldd = ceil16(outputs);
  const long plane = static_cast<long>(inputs) * ldd;
  for (int i = first; i < last; ++i) {
    for (int lane = 0; lane < outputs; lane += W) {
      const float* from = sums + static_cast<long>(i) * ldd + lane;
      vf rows[k][6];
      for (int column = 0; column < 6; ++column) {
        vf u[6], g[k];
        for (int row = 0; row < 6; ++row) u[row] = load(from + (row * 6 + column) * plane);
        weight_taps(u, g);
        for (int row = 0; row < k; ++row) rows[row][column] = g[row];
      }
      float tap[taps][W];
      for (int row = 0; row < k; ++row) {
        vf g[k];
        weight_taps(rows[row], g);
        for (int column = 0; column < k; ++column) store(tap[row * k + column], g[column]);
      }
      const int count = smaller(W, outputs - lane);
      for (int c = 0; c < count; ++c) {
        float* to =
            dweight +
            (static_cast<long>(channel_of(out_first + lane + c, job.out, shuffle)) * job.in + in_first + i) * taps;
        for (int t = 0; t < taps; ++t) to[t] = accumulate ? to[t] + scale * tap[t][c] : scale * tap[t][c];
      }
    }
  }
}

}  // namespace acuity::cpu::ACUITY_SET
