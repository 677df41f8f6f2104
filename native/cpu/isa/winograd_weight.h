// Winograd's algorithm for the weights: their transform, and the gradient dU[36] = V^T dM summed over tiles.
#pragma once

#include "winograd.h"

namespace acuity::cpu::ACUITY_SET {

/// Output channel of packed channel c: behind a pixel shuffle, packed order is phase after phase.
ACUITY_INLINE int channel_of(int c, int out, int shuffle) {
  const int square = shuffle * shuffle, channels = out / square;
  return c % channels * square + c / channels;
}

/// U[point][row][lane] for rows [first, last): forward rows are inputs and lanes packed outputs; backward the other way
/// round, with the taps reversed.
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
                  static_cast<long>(row) * width + lane % WIDTH;
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

// A partial: 80 bias sums (64 and a vector's overhang), then 36 planes [inputs][ceil16(outputs)] with PAD between.
constexpr int BIAS = WIDTH + 16;

static long partial_size() { return BIAS + POINTS * (WIDTH * WIDTH + PAD); }

static long weight_scratch() { return 2 * POINTS * (WEIGHT_TILES * WIDTH + PAD) + PAD; }

template <int k>
static void weight_part(const WeightJob& job, long first_tile, long last_tile, int in_block, int out_block,
                        float* partial, float* scratch) {
  constexpr int step = 7 - k;
  const int in_first = in_block * WIDTH, in_last = smaller(in_first + WIDTH, job.in), inputs = in_last - in_first;
  const int out_first = out_block * WIDTH, out_last = smaller(out_first + WIDTH, job.out);
  const int ldv = ceil16(inputs), ldd = ceil16(out_last - out_first);
  const long plane_v = WEIGHT_TILES * ldv + PAD, plane_d = WEIGHT_TILES * ldd + PAD;
  const long plane = static_cast<long>(inputs) * ldd + PAD;
  float* const v = scratch;
  float* const d = scratch + POINTS * plane_v;
  float* const bias = partial;
  float* const sums = partial + BIAS;
  for (int i = 0; i < BIAS; i += W) store(bias + i, zero());
  for (long start = first_tile; start < last_tile; start += WEIGHT_TILES) {
    const int tiles = static_cast<int>(smaller(static_cast<long>(WEIGHT_TILES), last_tile - start));
    for (int t = 0; t < tiles; ++t) {
      const Tile tile = tile_at(start + t, job.tiles_x, job.tiles_y, step);
      tile_to_points<k>(job.x, job.zeros, tile, in_first, in_last, v + t * ldv, plane_v);
      gradient_to_points<step>(job, tile, out_first, out_last, d + t * ldd, plane_d, bias);
    }
    for (int point = 0; point < POINTS; ++point) {
      const float* a = v + point * plane_v;
      const float* b = d + point * plane_d;
      for (int i = 0; i < inputs; i += ROWS) {
        float* const c = sums + point * plane + static_cast<long>(i) * ldd;
        const int rows = smaller(ROWS, inputs - i);
        if (start == first_tile) {
          multiply_some_rows<true, false>(rows, a + i, ldv, b, ldd, c, ldd, tiles, ldd, c + plane);
        } else {
          multiply_some_rows<true, true>(rows, a + i, ldv, b, ldd, c, ldd, tiles, ldd, c + plane);
        }
      }
    }
  }
}

/// Inputs [first, last) (within the block) of one channel block.
template <int k>
static void weight_finish(const WeightJob& job, const float* partials, long stride, int parts, int in_block,
                          int out_block, int first, int last, float* dweight, int shuffle, float scale,
                          bool accumulate) {
  constexpr int taps = k * k;
  const int in_first = in_block * WIDTH, inputs = smaller(WIDTH, job.in - in_first);
  const int out_first = out_block * WIDTH, outputs = smaller(WIDTH, job.out - out_first), ldd = ceil16(outputs);
  const long plane = static_cast<long>(inputs) * ldd + PAD;
  for (int i = first; i < last; ++i) {
    for (int lane = 0; lane < outputs; lane += W) {
      const float* from = partials + BIAS + static_cast<long>(i) * ldd + lane;
      vf rows[k][6];
      for (int column = 0; column < 6; ++column) {
        vf u[6], g[k];
        for (int row = 0; row < 6; ++row) {
          u[row] = zero();
          for (int part = 0; part < parts; ++part) {
            u[row] = u[row] + load(from + part * stride + (row * 6 + column) * plane);
          }
        }
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
