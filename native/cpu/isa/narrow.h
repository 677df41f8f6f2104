// 3 x 3 convolutions with at most 4 channels on one side, the first and last layers of a network: direct sums, row by
// row. They wait for memory rather than for multiplications; Winograd's transforms would only add to that.
#pragma once

#include "../isa.h"
#include "winograd.h"

namespace acuity::cpu::ACUITY_SET {

/// Row y of an image [height][width][channels], one zero pixel left and `right` zero pixels right of it; all zeros
/// outside.
static void padded_line(const float* image, int height, int width, int channels, int y, int right, float* to) {
  const long count = static_cast<long>(width) * channels, edge = static_cast<long>(right) * channels;
  for (int i = 0; i < channels; ++i) *to++ = 0;
  if (y >= 0 && y < height) {
    __builtin_memcpy(to, image + y * count, count * sizeof(float));
  } else {
    __builtin_memset(to, 0, count * sizeof(float));
  }
  __builtin_memset(to + count, 0, edge * sizeof(float));
}

/// 6 pixels by `columns` vectors of outputs, `valid` pixels stored. `line` points at the pixels' left neighbours in
/// three rows.
template <int columns>
ACUITY_INLINE void few_in_tile(const ConvolutionJob& job, const float* const (&line)[3], const float* b, int channel,
                               long at, int valid) {
  const int from = job.channels_from, ldb = ceil16(job.channels_to);
  vf sum[ROWS][columns];
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < columns; ++v) sum[r][v] = zero();
  for (int u = 0; u < 3; ++u) {
    const float* a = line[u];
    for (int k = 0; k < 3 * from; ++k) {
      vf weight[columns];
#pragma GCC unroll 8
      for (int v = 0; v < columns; ++v) weight[v] = load(b + v * W);
      b += ldb;
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; ++r) {
        const vf x = splat(a[k + r * from]);
#pragma GCC unroll 8
        for (int v = 0; v < columns; ++v) sum[r][v] = fma(x, weight[v], sum[r][v]);
      }
    }
  }
  const vf low = splat(job.low), scale = splat(job.scale);
#pragma GCC unroll 8
  for (int v = 0; v < columns; ++v) {
    const int first = channel + v * W, count = smaller(W, job.channels_to - first);
    if (count <= 0) break;
    const vf bias = job.bias ? load(job.bias + first) : zero();
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r) {
      if (r < valid)
        finish_output(job, sum[r][v], bias, low, scale, at + static_cast<long>(r) * job.channels_to + first, count);
    }
  }
}

static long few_in_scratch(int width, int channels_from) { return 3L * (width + 2 + ROWS) * channels_from + PAD; }

/// At most 4 input channels; packed [u][v][input][ceil16(outputs)]. Rows [first, last) of all images' rows.
static void few_in_rows(const ConvolutionJob& job, long first, long last, float* scratch) {
  const int width = job.from.width, height = job.from.height, from = job.channels_from, all = ceil16(job.channels_to);
  const long stride = static_cast<long>(width + 2 + ROWS) * from;
  for (long row = first; row < last; ++row) {
    const long image = row / height;
    const int y = static_cast<int>(row - image * height);
    for (int u = 0; u < 3; ++u) {
      padded_line(job.from.data + image * height * width * from, height, width, from, y + u - 1, 1 + ROWS,
                  scratch + u * stride);
    }
    for (int x = 0; x < width; x += ROWS) {
      const float* const line[3] = {scratch + static_cast<long>(x) * from,
                                    scratch + stride + static_cast<long>(x) * from,
                                    scratch + 2 * stride + static_cast<long>(x) * from};
      const long at = (row * width + x) * job.channels_to;
      const int valid = smaller(ROWS, width - x);
      int channel = 0;
      for (; channel + COLUMNS * W <= all; channel += COLUMNS * W) {
        few_in_tile<COLUMNS>(job, line, job.packed + channel, channel, at, valid);
      }
      for (; channel < all; channel += W) few_in_tile<1>(job, line, job.packed + channel, channel, at, valid);
    }
  }
}

static long few_out_scratch(int width, int channels_to) { return 4L * (width + 2) * ceil16(9 * channels_to) + PAD; }

/// z[pixel][ceil16(9 * outputs)] = x[pixel][inputs] * packed. The pixels are read column by column, which no hardware
/// prefetcher follows: those of the step after the next are fetched meanwhile.
static void few_out_products(const float* x, const float* packed, float* z, int pixels, int depth, int ldz) {
  int p = 0;
#if defined(ACUITY_AVX512)
  if (ldz == 2 * W) {
    for (; p + 12 <= pixels; p += 12) {
      const float* from = x + static_cast<long>(p) * depth;
      multiply_tile<12, 2, false, false>(from, depth, packed, ldz, z + static_cast<long>(p) * ldz, ldz, depth,
                                         from + 24 * depth);
    }
  }
#endif
  for (; p < pixels; p += ROWS) {
    const float* from = x + static_cast<long>(p) * depth;
    multiply_some_rows<false, false>(smaller(ROWS, pixels - p), from, depth, packed, ldz,
                                     z + static_cast<long>(p) * ldz, ldz, depth, ldz, from + 4 * ROWS * depth);
  }
}

typedef float four __attribute__((vector_size(16)));

/// A row of outputs from the products of three rows, and what follows a convolution.
template <int to>
static void sum_products(const ConvolutionJob& job, const float* const (&line)[3], long ldz, four bias, long at) {
  const bool plain = !job.mask && !job.residual && !job.accumulate;
  const four low = {job.low, job.low, job.low, job.low}, scale = {job.scale, job.scale, job.scale, job.scale};
  const float *z0 = line[0], *z1 = line[1], *z2 = line[2];
  for (int x = 0; x < job.from.width; ++x, at += to, z0 += ldz, z1 += ldz, z2 += ldz) {
    four rows[3];
#pragma GCC unroll 3
    for (int u = 0; u < 3; ++u) {
      const float* z = u == 0 ? z0 : u == 1 ? z1 : z2;
      four product[3];
#pragma GCC unroll 3
      for (int v = 0; v < 3; ++v) __builtin_memcpy(&product[v], z + v * ldz + (u * 3 + v) * to, sizeof(four));
      rows[u] = product[0] + product[1] + product[2];
    }
    four sum = rows[0] + rows[1] + rows[2] + bias;
    sum = sum < low ? low : sum;
    if (plain) {
      sum *= scale;
      __builtin_memcpy(job.to.data + at, &sum, to * sizeof(float));
      continue;
    }
    for (int o = 0; o < to; ++o) {
      float value = job.mask && !(job.mask[at + o] > 0) ? 0 : sum[o] * job.scale;
      if (job.residual) value += job.residual[at + o];
      if (job.accumulate) value += job.to.data[at + o];
      job.to.data[at + o] = value;
    }
  }
}

/// At most 4 output channels; packed [input][ceil16(9 * outputs)], a column being (u, v, output). Every pixel's 9
/// products for each output are made once, for three rows at a time; an output is the sum of 9 of them. Rows [first,
/// last) of all images' rows.
static void few_out_rows(const ConvolutionJob& job, long first, long last, float* scratch) {
  const int width = job.from.width, height = job.from.height, from = job.channels_from, to = job.channels_to;
  const int ldz = ceil16(9 * to);
  const long stride = static_cast<long>(width + 2) * ldz;
  float* const empty = scratch + 3 * stride;
  for (int line = 0; line < 4; ++line) {  // zero pixels left and right, and a line of zeros for the rows outside
    __builtin_memset(scratch + line * stride, 0, ldz * sizeof(float));
    __builtin_memset(scratch + line * stride + stride - ldz, 0, ldz * sizeof(float));
  }
  __builtin_memset(empty, 0, stride * sizeof(float));
  four bias = {0, 0, 0, 0};
  for (int o = 0; job.bias && o < to; ++o) bias[o] = job.bias[o];
  long made = first - 1;  // products of rows below this one lie in the ring of three lines
  for (long row = first; row < last; ++row) {
    const long image = row / height, top = image * height, bottom = top + height;
    if (made < row - 1 || made < top) made = row - 1 > top ? row - 1 : top;
    for (; made <= row + 1 && made < bottom; ++made) {
      few_out_products(job.from.data + made * width * from, job.packed, scratch + made % 3 * stride + ldz, width, from,
                       ldz);
    }
    const float* line[3];
    for (int u = 0; u < 3; ++u) {
      const long y = row + u - 1;
      line[u] = y >= top && y < bottom ? scratch + y % 3 * stride : empty;
    }
    const long at = row * width * to;
    switch (to) {
      case 1:
        sum_products<1>(job, line, ldz, bias, at);
        break;
      case 2:
        sum_products<2>(job, line, ldz, bias, at);
        break;
      case 3:
        sum_products<3>(job, line, ldz, bias, at);
        break;
      default:
        sum_products<4>(job, line, ldz, bias, at);
        break;
    }
  }
}

static long narrow_partial(int few, int wide) { return (9L * few + 1) * ceil16(wide) + 16; }

static long narrow_weight_scratch(int width, int few, int wide) {
  return static_cast<long>(width + 4) * few + PAD + static_cast<long>(width) * ceil16(wide);
}

/// partial[u][v][few][wide] = sum of few[y + u - 1][x + v - 1] * wide[y][x] over rows [first, last) of all images'
/// rows; behind it the sums of the wide pixels, and of the few.
static void narrow_weight_part(const NarrowWeightJob& job, long first, long last, float* partial, float* scratch) {
  const int width = job.width, height = job.height, few = job.few_channels, wide = job.wide_channels,
            ldw = ceil16(wide);
  float* const wide_sums = partial + 9L * few * ldw;
  float* const few_sums = wide_sums + ldw;
  __builtin_memset(partial, 0, narrow_partial(few, wide) * sizeof(float));
  float* const line = scratch;
  float* const copy = line + static_cast<long>(width + 4) * few + PAD;
  for (long row = first; row < last; ++row) {
    const long image = row / height;
    const int y = static_cast<int>(row - image * height);
    const float* pixels = job.wide + row * width * wide;
    if (wide != ldw) {
      for (int x = 0; x < width; ++x) {
        __builtin_memcpy(copy + static_cast<long>(x) * ldw, pixels + static_cast<long>(x) * wide, wide * sizeof(float));
        __builtin_memset(copy + static_cast<long>(x) * ldw + wide, 0, (ldw - wide) * sizeof(float));
      }
      pixels = copy;
    }
    for (int u = 0; u < 3; ++u) {
      if (y + u - 1 < 0 || y + u - 1 >= height) continue;
      padded_line(job.few + image * height * width * few, height, width, few, y + u - 1, 3, line);
      float* sums = partial + 3L * u * few * ldw;
      for (int r = 0; r < 3 * few; r += ROWS) {
        multiply_some_rows<true, true>(smaller(ROWS, 3 * few - r), line + r, few, pixels, ldw,
                                       sums + static_cast<long>(r) * ldw, ldw, width, ldw, pixels);
      }
      if (u != 1) continue;
      float sum[4] = {};
      for (int x = 1; x <= width; ++x) {
        for (int c = 0; c < few; ++c) sum[c] += line[x * few + c];
      }
      for (int c = 0; c < few; ++c) few_sums[c] += sum[c];
    }
    for (int c = 0; c < ldw; c += W) {
      vf sum = zero();
      for (int x = 0; x < width; ++x) sum = sum + load(pixels + static_cast<long>(x) * ldw + c);
      store(wide_sums + c, load(wide_sums + c) + sum);
    }
  }
}

}  // namespace acuity::cpu::ACUITY_SET
