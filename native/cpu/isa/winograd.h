// The convolutions k x k (3 or 5) by Winograd's algorithm: tiles of 6 x 6 pixels give step x step outputs, step = 7 -
// k. A tile's 36 points are 36 small matrix products over a block of tiles; the block's points stay in L2 beside the
// transformed weights. Tiles lie on a grid anchored at pixel (0, 0) and every sum has one order, so the bits of a pixel
// depend on the 6 x 6 pixels of its tile alone: not on the size of the image, on the block, or on the number of
// threads.
#pragma once

#include "../isa.h"
#include "gemm.h"
#include "points.h"

namespace acuity::cpu::ACUITY_SET {

constexpr int POINTS = 36;
constexpr int WIDTH = 64;  // channels of an output block
constexpr int PAD = 16;    // floats between planes: a power-of-two stride would map the 36 planes onto few cache sets
constexpr int LINE = 16;   // floats of a cache line
constexpr int TILES = 24;  // a block: 36 x 24 x 64 floats are 221 KB

struct Tile {
  int image, y, x;  // the first output pixel
};

ACUITY_INLINE Tile tile_at(long index, int tiles_x, int tiles_y, int step) {
  const long row = index / tiles_x;
  const long image = row / tiles_y;
  return {static_cast<int>(image), static_cast<int>(row - image * tiles_y) * step,
          static_cast<int>(index - row * tiles_x) * step};
}

ACUITY_INLINE long offset_of(const Picture& p, int image, int y, int x, int phase) {
  return (((static_cast<long>(image) * p.height + y) * p.phases + phase) * p.width + x) * p.run;
}

/// Visits the vectors of packed channels [first, last): f(channel - first, count, phase, offset in the run).
template <class Begin, class Visit>
ACUITY_INLINE void visit_channels(const Picture& p, int first, int last, const Begin& begin_phase, const Visit& visit) {
  for (int phase = first / p.run; phase * p.run < last; ++phase) {
    const int start = phase * p.run;
    const int end = smaller(last - start, p.run);
    begin_phase(phase);
    for (int offset = first > start ? first - start : 0; offset < end; offset += W) {
      visit(start + offset - first, smaller(W, end - offset), offset);
    }
  }
}

template <class Pixel>
ACUITY_INLINE void evaluate_tile(const Pixel& pixel, float* v, long plane) {
  vf t[6][6];
#pragma GCC unroll 6
  for (int j = 0; j < 6; ++j) {
    const vf d[6] = {pixel(0, j), pixel(1, j), pixel(2, j), pixel(3, j), pixel(4, j), pixel(5, j)};
    vf q[6];
    evaluate(d, q);
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) t[i][j] = q[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < 6; ++i) {
    vf q[6];
    evaluate(t[i], q);
#pragma GCC unroll 6
    for (int j = 0; j < 6; ++j) store(v + (i * 6 + j) * plane, q[j]);
  }
}

/// Starts to fetch one line of each of rows x columns pixels, those of the tile to the right.
template <int rows, int columns>
ACUITY_INLINE void prefetch_pixels(const float* at, long row, long column) {
#pragma GCC unroll 6
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 6
    for (int j = 0; j < columns; ++j) __builtin_prefetch(at + i * row + j * column);
  }
}

/// The points of channels [first, last) around one tile. Full vectors are written: the next tile's row, or PAD, lies
/// behind.
template <int k>
static void tile_to_points(const Picture& p, const float* zeros, Tile tile, int first, int last, float* v, long plane) {
  const int top = tile.y - k / 2, left = tile.x - k / 2;
  const long row = static_cast<long>(p.phases) * p.width * p.run, column = p.run;
  if (top >= 0 && left >= 0 && top + 6 <= p.height && left + 6 <= p.width) {
    const float* corner = nullptr;
    visit_channels(
        p, first, last, [&](int phase) { corner = p.data + offset_of(p, tile.image, top, left, phase); },
        [&](int channel, int count, int offset) {
          const float* at = corner + offset;
          if (offset % LINE == 0) prefetch_pixels<6, 7 - k>(at + 6 * column, row, column);
          if (count == W) {
            evaluate_tile([&](int i, int j) { return load(at + i * row + j * column); }, v + channel, plane);
          } else {
            evaluate_tile([&](int i, int j) { return load_part(at + i * row + j * column, count); }, v + channel,
                          plane);
          }
        });
  } else {
    const float* at[6][6];
    visit_channels(
        p, first, last,
        [&](int phase) {
          for (int i = 0; i < 6; ++i) {
            const int y = top + i;
            for (int j = 0; j < 6; ++j) {
              const int x = left + j;
              const bool inside = y >= 0 && y < p.height && x >= 0 && x < p.width;
              at[i][j] = inside ? p.data + offset_of(p, tile.image, y, x, phase) : zeros;
            }
          }
        },
        [&](int channel, int count, int offset) {
          if (count == W) {
            evaluate_tile([&](int i, int j) { return load(at[i][j] + offset); }, v + channel, plane);
          } else {
            evaluate_tile([&](int i, int j) { return load_part(at[i][j] + offset, count); }, v + channel, plane);
          }
        });
  }
}

/// bias, ReLU, mask, scale, residual or accumulation, and the one store of an output vector.
ACUITY_INLINE void finish_output(const ConvolutionJob& job, vf v, vf bias, vf low, vf scale, long at, int count) {
  v = at_least(low, v + bias);
  if (job.mask) v = where_positive(load_some(job.mask + at, count), v);
  if (job.residual) {
    v = fma(scale, v, load_some(job.residual + at, count));
  } else if (job.accumulate) {
    v = fma(scale, v, load_some(job.to.data + at, count));
  } else {
    v = scale * v;
  }
  store_some(job.to.data + at, v, count);
}

template <int step, bool full>
ACUITY_INLINE void points_to_outputs(const ConvolutionJob& job, const float* m, long plane, vf bias, long at, long row,
                                     long column, int rows, int columns, int count) {
  const vf low = splat(job.low), scale = splat(job.scale);
  vf s[step][6];
#pragma GCC unroll 6
  for (int j = 0; j < 6; ++j) {
    const vf points[6] = {load(m + j * plane),        load(m + (6 + j) * plane),  load(m + (12 + j) * plane),
                          load(m + (18 + j) * plane), load(m + (24 + j) * plane), load(m + (30 + j) * plane)};
    vf y[step];
    interpolate(points, y);
#pragma GCC unroll 4
    for (int i = 0; i < step; ++i) s[i][j] = y[i];
  }
#pragma GCC unroll 4
  for (int i = 0; i < step; ++i) {
    if (!full && i >= rows) break;
    vf y[step];
    interpolate(s[i], y);
#pragma GCC unroll 4
    for (int j = 0; j < step; ++j) {
      if (!full && j >= columns) break;
      finish_output(job, y[j], bias, low, scale, at + i * row + j * column, count);
    }
  }
}

/// Channels [first, last) of one tile.
template <int k>
static void tile_to_outputs(const ConvolutionJob& job, Tile tile, int first, int last, const float* m, long plane) {
  constexpr int step = 7 - k;
  const Picture& p = job.to;
  const int rows = smaller(step, p.height - tile.y), columns = smaller(step, p.width - tile.x);
  const long row = static_cast<long>(p.phases) * p.width * p.run, column = p.run;
  const float* const beside = job.residual ? job.residual : p.data;
  long corner = 0;
  visit_channels(
      p, first, last, [&](int phase) { corner = offset_of(p, tile.image, tile.y, tile.x, phase); },
      [&](int channel, int count, int offset) {
        const vf bias = job.bias ? load(job.bias + first + channel) : zero();
        const long at = corner + offset;
        if (offset % LINE == 0) prefetch_pixels<step, step>(beside + at + step * column, row, column);
        if (rows == step && columns == step && count == W) {
          points_to_outputs<step, true>(job, m + channel, plane, bias, at, row, column, rows, columns, W);
        } else {
          points_to_outputs<step, false>(job, m + channel, plane, bias, at, row, column, rows, columns, count);
        }
      });
}

static long block_scratch(int channels_from, int channels_to) {
  const long ldv = ceil16(channels_from), ldm = smaller(ceil16(channels_to), WIDTH);
  return POINTS * (TILES * ldv + PAD) + POINTS * (TILES * ldm + PAD);
}

template <int k>
static void block(const ConvolutionJob& job, long first_tile, int tiles, float* scratch) {
  const int depth = job.channels_from, all = ceil16(job.channels_to), ldv = ceil16(depth);
  const int rows = (tiles + ROWS - 1) / ROWS * ROWS;  // the surplus rows hold old numbers and are not stored
  const bool in_place = all <= WIDTH && all <= ldv;
  const int ldm = in_place ? ldv : smaller(all, WIDTH);
  const long plane_v = static_cast<long>(rows) * ldv + PAD, plane_m = static_cast<long>(rows) * ldm + PAD;
  // In place, a plane's products take the place of the points of the plane before it.
  float* const v = in_place ? scratch + plane_v : scratch;
  float* const m = in_place ? scratch : v + POINTS * plane_v;
  for (int t = 0; t < tiles; ++t) {
    tile_to_points<k>(job.from, job.zeros, tile_at(first_tile + t, job.tiles_x, job.tiles_y, 7 - k), 0, depth,
                      v + t * ldv, plane_v);
  }
  const float* u = job.packed;
  for (int first = 0; first < all; first += WIDTH) {
    const int width = smaller(WIDTH, all - first), last = smaller(first + WIDTH, job.channels_to);
    for (int point = 0; point < POINTS; ++point, u += static_cast<long>(ldv) * width) {
      multiply_plane(v + point * plane_v, ldv, u, m + point * plane_m, ldm, rows, depth, width);
    }
    for (int t = 0; t < tiles; ++t) {
      tile_to_outputs<k>(job, tile_at(first_tile + t, job.tiles_x, job.tiles_y, 7 - k), first, last, m + t * ldm,
                         plane_m);
    }
  }
}

}  // namespace acuity::cpu::ACUITY_SET
