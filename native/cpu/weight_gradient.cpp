#include "weight_gradient.h"

#include <algorithm>
#include <cstring>

#include "pool.h"
#include "scratch.h"

namespace acuity::cpu {
namespace {

constexpr int kWidth = 64;  // channels of a block
constexpr int kTask = 8;    // tiles turned to points by one task
// Points held at a time, in floats: beside sums that fit L2 as much as fits there too, else so much that reading and
// writing the sums, which happens once a chunk, is little against it.
constexpr long kSmallChunk = 192 << 10, kLargeChunk = 1536 << 10, kSmallSums = 600 << 10;
constexpr long kFewTiles = 48;
constexpr int kPad = 16;  // floats between planes, as in isa/winograd.h

long up(long value, long step) { return (value + step - 1) / step; }

/// Room for the points of `tiles` tiles of so many channels. Whole vectors are written, so where a picture's runs are
/// no whole vectors a row has room for what the last one writes too much: the next row may be another task's.
PointRows rows_of(float* data, int points, const Picture& picture, int channels, long tiles) {
  const int overhang = picture.phases > 1 && picture.run % 16 != 0 ? 16 : 0;
  const int row = std::min(kWidth, ceil16(channels)) + overhang;
  const long plane = tiles * row + kPad;
  return {data, points * plane, plane, row};
}

long size_of(const PointRows& rows, int channels) { return up(channels, kWidth) * rows.block + kPad; }

void write_bias(const float* sums, long tasks, long stride, const WeightJob& job, int shuffle, float scale,
                bool accumulate, float* dbias) {
  const int square = shuffle * shuffle, channels = job.out / square;
  for (int packed = 0; packed < job.out; ++packed) {
    float sum = 0;
    for (long task = 0; task < tasks; ++task) sum += sums[task * stride + packed];
    float& to = dbias[packed % channels * square + packed / channels];
    to = accumulate ? to + scale * sum : scale * sum;
  }
}

}  // namespace

void weight_gradient(const WeightScheme& scheme, WeightJob job, int images, int shuffle, float scale, bool accumulate,
                     float* dweight, float* dbias) {
  job.tiles_x = static_cast<int>(up(job.dy.width, scheme.step));
  job.tiles_y = static_cast<int>(up(job.dy.height, scheme.step));
  const long tiles = static_cast<long>(images) * job.tiles_x * job.tiles_y;
  // Everything is divided by the shape alone, and each sum is one task's: bits do not depend on the number of threads.
  const long per_tile = static_cast<long>(scheme.points) * (ceil16(job.in) + ceil16(job.out));
  const bool small = static_cast<long>(scheme.weights) * job.in * job.out <= kSmallSums;
  const long fitting = std::max((small ? kSmallChunk : kLargeChunk) / per_tile / kTask * kTask, kFewTiles);
  const long chunks = up(tiles, fitting), chunk = up(up(tiles, chunks), kTask) * kTask;
  const int in_blocks = static_cast<int>(up(job.in, kWidth)), out_blocks = static_cast<int>(up(job.out, kWidth));
  const long block_sums = static_cast<long>(scheme.weights) * kWidth * kWidth;
  const long tasks = up(tiles, kTask), bias_stride = ceil16(job.out) + kWidth;

  PointRows v = rows_of(nullptr, scheme.points, job.x, job.in, chunk);
  PointRows d = rows_of(nullptr, scheme.points, job.dy, job.out, chunk);
  v.data = scratch(Scratch::kPoints, size_of(v, job.in) + size_of(d, job.out));
  d.data = v.data + size_of(v, job.in);
  float* const sums = scratch(Scratch::kPartials, block_sums * in_blocks * out_blocks + tasks * bias_stride);
  float* const bias = sums + block_sums * in_blocks * out_blocks;
  std::memset(bias, 0, sizeof(float) * tasks * bias_stride);

  for (long first = 0; first < tiles; first += chunk) {
    const long count = std::min(chunk, tiles - first);
    parallel_for(up(count, kTask), [&](long task) {
      const long start = task * kTask;
      const PointRows rows_v{v.data + start * v.row, v.block, v.plane, v.row};
      const PointRows rows_d{d.data + start * d.row, d.block, d.plane, d.row};
      scheme.tiles(job, first + start, static_cast<int>(std::min<long>(kTask, count - start)), rows_v, rows_d,
                   bias + (first / kTask + task) * bias_stride);
    });
    parallel_for(static_cast<long>(scheme.weights) * in_blocks * out_blocks, [&](long task) {
      const int weight = static_cast<int>(task % scheme.weights), block = static_cast<int>(task / scheme.weights);
      const int in_block = block % in_blocks, out_block = block / in_blocks, point = scheme.first_point(weight);
      const int inputs = std::min(kWidth, job.in - in_block * kWidth);
      const int ldd = ceil16(std::min(kWidth, job.out - out_block * kWidth));
      // A last block of fewer channels than a row has is read with the row's length, and summed as short as it is.
      scheme.products(v.at(in_block, 0) + point * v.plane, v.plane, v.row, d.at(out_block, 0) + point * d.plane,
                      d.plane, d.row, scheme.point_count(weight), static_cast<int>(count), inputs, ldd,
                      sums + block * block_sums + static_cast<long>(weight) * inputs * ldd, first > 0);
    });
  }
  constexpr int kInputs = 8;
  parallel_for(static_cast<long>(in_blocks) * out_blocks * (kWidth / kInputs), [&](long task) {
    const int block = static_cast<int>(task / (kWidth / kInputs)), in_block = block % in_blocks;
    const int first = static_cast<int>(task % (kWidth / kInputs)) * kInputs;
    const int last = std::min(first + kInputs, job.in - in_block * kWidth);
    scheme.finish(job, sums + block * block_sums, in_block, block / in_blocks, first, last, dweight, shuffle, scale,
                  accumulate);
  });
  if (dbias != nullptr) write_bias(bias, tasks, bias_stride, job, shuffle, scale, accumulate, dbias);
}

}  // namespace acuity::cpu
