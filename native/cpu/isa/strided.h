// The 3 x 3 convolution of stride 2 by Winograd's algorithm. Along an axis, outputs y[j] = w0 x[2j - 1] + w1 x[2j] + w2
// x[2j + 1] are a filter of two taps over the odd pixels plus a product with the even ones. For three outputs the
// filter takes 4 products instead of 6 (F(3, 2), points 0, 1, -1 and infinity; see points.h), the even pixels 3: 7
// points, and 49 products for a tile of 3 x 3 outputs instead of 81. The three points of the even pixels share one
// weight, so there are 5 x 5 weights a pair of channels. As with stride 1, tiles lie on a grid anchored at pixel (0,
// 0).
#pragma once

#include "winograd.h"

namespace acuity::cpu::ACUITY_SET {

constexpr int STRIDED_POINTS = 49;
constexpr int STRIDED_WEIGHTS = 25;

/// Points that share a weight lie side by side: weight (a, b) has the points from `first` on, in rows a and columns b.
constexpr int weight_points_first(int weight) {
  const int a = weight / 5, b = weight % 5;
  if (a < 4) return a * 7 + b;
  return b < 4 ? 28 + b * 3 : 40;
}
constexpr int weight_points_count(int weight) {
  const int a = weight / 5, b = weight % 5;
  return (a == 4 ? 3 : 1) * (b == 4 ? 3 : 1);
}
/// Where the point of row p and column q of 0 .. 6 lies; 4 .. 6 are the even pixels.
constexpr int strided_plane(int p, int q) {
  if (p < 4) return p * 7 + q;
  return q < 4 ? 28 + q * 3 + p - 4 : 40 + (p - 4) * 3 + q - 4;
}

/// Seven pixels, or four gradients, to seven points.
ACUITY_INLINE void strided_evaluate(const vf (&d)[7], vf (&q)[7]) {
  q[0] = d[0] - d[4];
  q[1] = d[2] + d[4];
  q[2] = d[4] - d[2];
  q[3] = d[6] - d[2];
  q[4] = d[1];
  q[5] = d[3];
  q[6] = d[5];
}
ACUITY_INLINE void strided_evaluate(const vf (&d)[4], vf (&q)[7]) {
  q[0] = d[0] - d[2];
  q[1] = d[1] + d[2];
  q[2] = d[2] - d[1];
  q[3] = d[3] - d[1];
  q[4] = d[0];
  q[5] = d[1];
  q[6] = d[2];
}

/// Seven points to three outputs, or to the gradients of six pixels.
ACUITY_INLINE void strided_interpolate(const vf (&m)[7], vf (&y)[3]) {
  y[0] = m[0] + m[1] + m[2] + m[4];
  y[1] = m[1] - m[2] + m[5];
  y[2] = m[1] + m[2] + m[3] + m[6];
}
ACUITY_INLINE void strided_interpolate(const vf (&m)[7], vf (&x)[6]) {
  x[0] = m[4];
  x[1] = m[0] + m[1] + m[2];
  x[2] = m[5];
  x[3] = m[1] - m[2];
  x[4] = m[6];
  x[5] = m[1] + m[2] + m[3];
}

/// The gradients of three outputs to seven points.
ACUITY_INLINE void strided_spread(const vf (&y)[3], vf (&q)[7]) {
  const vf sum = y[0] + y[2];
  q[0] = y[0];
  q[1] = sum + y[1];
  q[2] = sum - y[1];
  q[3] = y[2];
  q[4] = y[0];
  q[5] = y[1];
  q[6] = y[2];
}

/// Three taps to five weights, and back.
ACUITY_INLINE void strided_weight_points(const vf (&w)[3], vf (&u)[5]) {
  const vf half = splat(0.5f);
  u[0] = w[0];
  u[1] = half * (w[0] + w[2]);
  u[2] = half * (w[0] - w[2]);
  u[3] = w[2];
  u[4] = w[1];
}
ACUITY_INLINE void strided_weight_taps(const vf (&u)[5], vf (&w)[3]) {
  const vf half = splat(0.5f);
  w[0] = fma(half, u[1] + u[2], u[0]);
  w[1] = u[4];
  w[2] = fma(half, u[1] - u[2], u[3]);
}

/// Weights (a, b) of rows [first, last): [25][ceil16(rows)][width] for each block of 64 lanes, as isa.h says.
static void strided_pack(const float* weight, float* packed, int in, int out, bool backward, int first, int last) {
  const int rows = backward ? out : in, all_rows = ceil16(rows), lanes = backward ? in : out, all = ceil16(lanes);
  for (int row = first; row < last; ++row) {
    for (int lane = 0; lane < all; lane += W) {
      float tap[9][W] = {};
      const int count = smaller(W, lanes - lane);
      for (int i = 0; i < count; ++i) {
        const long pair = backward ? static_cast<long>(row) * in + lane + i : static_cast<long>(lane + i) * in + row;
        for (int t = 0; t < 9; ++t) tap[t][i] = weight[pair * 9 + (backward ? 8 - t : t)];
      }
      const int block = lane / WIDTH * WIDTH, width = smaller(WIDTH, all - block);
      float* const to = packed + static_cast<long>(STRIDED_WEIGHTS) * all_rows * block +
                        panel_place(row, lane - block, all_rows, width);
      vf columns[5][3];
      for (int j = 0; j < 3; ++j) {
        const vf w[3] = {load(tap[j]), load(tap[3 + j]), load(tap[6 + j])};
        vf u[5];
        strided_weight_points(w, u);
        for (int i = 0; i < 5; ++i) columns[i][j] = u[i];
      }
      for (int i = 0; i < 5; ++i) {
        vf u[5];
        strided_weight_points(columns[i], u);
        for (int j = 0; j < 5; ++j) store(to + (i * 5 + j) * static_cast<long>(all_rows) * width, u[j]);
      }
    }
  }
}

/// The points of `side` x `side` pixels from (top, left) on, for channels [first, last).
template <int side>
static void strided_to_points(const Picture& p, const float* zeros, int image, int top, int left, int first, int last,
                              float* v, long plane) {
  const float* at[side][side];
  for (int i = 0; i < side; ++i) {
    for (int j = 0; j < side; ++j) {
      const int y = top + i, x = left + j;
      const bool inside = y >= 0 && y < p.height && x >= 0 && x < p.width;
      at[i][j] = inside ? p.data + offset_of(p, image, y, x, 0) : zeros;
    }
  }
  for (int channel = first; channel < last; channel += W) {
    const int count = smaller(W, last - channel);
    vf t[7][side];
#pragma GCC unroll 7
    for (int j = 0; j < side; ++j) {
      vf d[side], q[7];
#pragma GCC unroll 7
      for (int i = 0; i < side; ++i) d[i] = load_some(at[i][j] + channel, count);
      strided_evaluate(d, q);
#pragma GCC unroll 7
      for (int i = 0; i < 7; ++i) t[i][j] = q[i];
    }
#pragma GCC unroll 7
    for (int i = 0; i < 7; ++i) {
      vf q[7];
      strided_evaluate(t[i], q);
#pragma GCC unroll 7
      for (int j = 0; j < 7; ++j) store(v + channel - first + strided_plane(i, j) * plane, q[j]);
    }
  }
}

/// Channels [first, last) of `side` x `side` results from (top, left) on.
template <int side>
static void points_to_strided(const StridedJob& job, int image, int top, int left, int first, int last, const float* m,
                              long plane) {
  const Picture& p = job.to;
  const int rows = smaller(side, p.height - top), columns = smaller(side, p.width - left);
  for (int channel = first; channel < last; channel += W) {
    const int count = smaller(W, last - channel);
    const float* const from = m + channel - first;
    vf s[side][7];
#pragma GCC unroll 7
    for (int j = 0; j < 7; ++j) {
      vf points[7], y[side];
#pragma GCC unroll 7
      for (int i = 0; i < 7; ++i) points[i] = load(from + strided_plane(i, j) * plane);
      strided_interpolate(points, y);
#pragma GCC unroll 7
      for (int i = 0; i < side; ++i) s[i][j] = y[i];
    }
#pragma GCC unroll 7
    for (int i = 0; i < side; ++i) {
      if (i >= rows) break;
      vf y[side];
      strided_interpolate(s[i], y);
      float* const to = p.data + offset_of(p, image, top + i, left, 0) + channel;
#pragma GCC unroll 7
      for (int j = 0; j < side; ++j) {
        if (j >= columns) break;
        float* const pixel = to + static_cast<long>(j) * p.run;
        store_some(pixel, job.accumulate ? y[j] + load_some(pixel, count) : y[j], count);
      }
    }
  }
}

/// m[point][tile][width] = v[point][tile][depth] * u[its weight], [depth][width].
static void multiply_strided(const float* v, long plane_v, long ldv, const float* u, float* m, long plane_m, long ldm,
                             int tiles, int depth, int width) {
  for (int weight = 0; weight < STRIDED_WEIGHTS; ++weight, u += static_cast<long>(ldv) * width) {
    const int first = weight_points_first(weight), last = first + weight_points_count(weight);
    for (int point = first; point < last; ++point) {
      multiply_plane(v + point * plane_v, ldv, u, m + point * plane_m, ldm, tiles, depth, width);
    }
  }
}

static long strided_scratch(int channels_from, int channels_to) {
  const long ldv = ceil16(channels_from), ldm = smaller(ceil16(channels_to), WIDTH);
  return STRIDED_POINTS * (TILES * ldv + PAD) + STRIDED_POINTS * (TILES * ldm + PAD) + PAD;
}

/// Tiles of 3 x 3 pixels of the small image: forward the results, backward what 4 x 4 gradients give to 6 x 6 pixels.
template <bool backward>
static void strided_block(const StridedJob& job, long first_tile, int tiles, float* scratch) {
  const int depth = job.channels_from, all = ceil16(job.channels_to), ldv = ceil16(depth);
  const int rows = (tiles + ROWS - 1) / ROWS * ROWS;  // the surplus rows hold old numbers and are not stored
  const int ldm = smaller(all, WIDTH);
  const long plane_v = static_cast<long>(rows) * ldv + PAD, plane_m = static_cast<long>(rows) * ldm + PAD;
  float* const v = scratch;
  float* const m = v + STRIDED_POINTS * plane_v;
  for (int t = 0; t < tiles; ++t) {
    const Tile tile = tile_at(first_tile + t, job.tiles_x, job.tiles_y, 3);
    if (backward) {
      strided_to_points<4>(job.from, job.zeros, tile.image, tile.y, tile.x, 0, depth, v + t * ldv, plane_v);
    } else {
      strided_to_points<7>(job.from, job.zeros, tile.image, 2 * tile.y - 1, 2 * tile.x - 1, 0, depth, v + t * ldv,
                           plane_v);
    }
  }
  const float* u = job.packed;
  for (int first = 0; first < all; first += WIDTH) {
    const int width = smaller(WIDTH, all - first), last = smaller(first + WIDTH, job.channels_to);
    multiply_strided(v, plane_v, ldv, u, m, plane_m, ldm, rows, depth, width);
    for (int t = 0; t < tiles; ++t) {
      const Tile tile = tile_at(first_tile + t, job.tiles_x, job.tiles_y, 3);
      if (backward) {
        points_to_strided<6>(job, tile.image, 2 * tile.y, 2 * tile.x, first, last, m + t * ldm, plane_m);
      } else {
        points_to_strided<3>(job, tile.image, tile.y, tile.x, first, last, m + t * ldm, plane_m);
      }
    }
    u += static_cast<long>(STRIDED_WEIGHTS) * ldv * width;
  }
}

/// The points of a tile of 3 x 3 gradients, for channels [first, last).
static void strided_gradient_to_points(const WeightJob& job, Tile tile, int first, int last, float* d, long plane) {
  const Picture& p = job.dy;
  const float* at[3][3];
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const bool inside = tile.y + i < p.height && tile.x + j < p.width;
      at[i][j] = inside ? p.data + offset_of(p, tile.image, tile.y + i, tile.x + j, 0) : job.zeros;
    }
  }
  for (int channel = first; channel < last; channel += W) {
    const int count = smaller(W, last - channel);
    vf t[7][3];
#pragma GCC unroll 3
    for (int j = 0; j < 3; ++j) {
      vf y[3], q[7];
#pragma GCC unroll 3
      for (int i = 0; i < 3; ++i) y[i] = load_some(at[i][j] + channel, count);
      strided_spread(y, q);
#pragma GCC unroll 7
      for (int i = 0; i < 7; ++i) t[i][j] = q[i];
    }
#pragma GCC unroll 7
    for (int i = 0; i < 7; ++i) {
      vf q[7];
      strided_spread(t[i], q);
#pragma GCC unroll 7
      for (int j = 0; j < 7; ++j) store(d + channel - first + strided_plane(i, j) * plane, q[j]);
    }
  }
}

/// As weight_points_of_tiles; no sums of dy are formed.
static void strided_points_of_tiles(const WeightJob& job, long first, int count, const PointRows& v, const PointRows& d,
                                    float*) {
  for (int t = 0; t < count; ++t) {
    const Tile tile = tile_at(first + t, job.tiles_x, job.tiles_y, 3);
    for (int c = 0; c < job.in; c += WIDTH) {
      strided_to_points<7>(job.x, job.zeros, tile.image, 2 * tile.y - 1, 2 * tile.x - 1, c, smaller(c + WIDTH, job.in),
                           v.at(c / WIDTH, t), v.plane);
    }
    for (int c = 0; c < job.out; c += WIDTH) {
      strided_gradient_to_points(job, tile, c, smaller(c + WIDTH, job.out), d.at(c / WIDTH, t), d.plane);
    }
  }
}

/// Weights of inputs [first, last) of one channel block, whose sums are [25][inputs][ceil16(outputs)].
static void strided_finish(const WeightJob& job, const float* sums, int in_block, int out_block, int first, int last,
                           float* dweight, int, float scale, bool accumulate) {
  const int in_first = in_block * WIDTH, inputs = smaller(WIDTH, job.in - in_first);
  const int out_first = out_block * WIDTH, outputs = smaller(WIDTH, job.out - out_first), ldd = ceil16(outputs);
  const long plane = static_cast<long>(inputs) * ldd;
  for (int i = first; i < last; ++i) {
    for (int lane = 0; lane < outputs; lane += W) {
      const float* from = sums + static_cast<long>(i) * ldd + lane;
      vf rows[3][5];
      for (int column = 0; column < 5; ++column) {
        vf u[5], w[3];
        for (int row = 0; row < 5; ++row) u[row] = load(from + (row * 5 + column) * plane);
        strided_weight_taps(u, w);
        for (int row = 0; row < 3; ++row) rows[row][column] = w[row];
      }
      float tap[9][W];
      for (int row = 0; row < 3; ++row) {
        vf w[3];
        strided_weight_taps(rows[row], w);
        for (int column = 0; column < 3; ++column) store(tap[row * 3 + column], w[column]);
      }
      const int count = smaller(W, outputs - lane);
      for (int c = 0; c < count; ++c) {
        float* const to = dweight + (static_cast<long>(out_first + lane + c) * job.in + in_first + i) * 9;
        for (int t = 0; t < 9; ++t) to[t] = accumulate ? to[t] + scale * tap[t][c] : scale * tap[t][c];
      }
    }
  }
}

}  // namespace acuity::cpu::ACUITY_SET
