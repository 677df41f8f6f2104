#include "convolution.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "check.h"
#include "narrow.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"
#include "weight_gradient.h"

namespace acuity::cpu {
namespace {

void check_channels(const Convolution& c, int in, int out, int shuffle) {
  want_at_least(c.kernel, "in", 1, in);
  want_at_least(c.kernel, "out", 1, out);
  if (shuffle < 1 || shuffle > c.largest_shuffle) {
    reject(std::string(c.kernel) + " shuffle", "1 to " + std::to_string(c.largest_shuffle), std::to_string(shuffle));
  }
  if (out % (shuffle * shuffle) != 0) {
    reject(std::string(c.kernel) + " out", "a multiple of " + std::to_string(shuffle * shuffle), std::to_string(out));
  }
}

void check(const Convolution& c, const Size& s) {
  check_channels(c, s.in, s.out, s.shuffle);
  want_at_least(c.kernel, "n", 1, s.n);
  want_at_least(c.kernel, "h", 1, s.h);
  want_at_least(c.kernel, "w", 1, s.w);
}

Picture plain_picture(const float* data, const Size& s) { return {const_cast<float*>(data), s.h, s.w, 1, s.in}; }

Picture shuffled_picture(const float* data, const Size& s) {
  return {const_cast<float*>(data), s.h, s.w, s.shuffle, s.out / s.shuffle};
}

int up(long value, int step) { return static_cast<int>((value + step - 1) / step); }

const float* zeros(int run) {
  float* buffer = scratch(Scratch::kZeros, run + 16);
  std::memset(buffer, 0, (run + 16) * sizeof(float));
  return buffer;
}

const float* packed_bias(const float* bias, int out, int shuffle) {
  float* buffer = scratch(Scratch::kBias, ceil16(out) + 16);
  std::memset(buffer, 0, (ceil16(out) + 16) * sizeof(float));
  const int square = shuffle * shuffle, channels = out / square;
  for (int c = 0; c < out; ++c) buffer[c] = bias[c % channels * square + c / channels];
  return buffer;
}

void run(const Convolution& c, const ConvolutionJob& job, const Size& size) {
  if (is_narrow(c, size.in, size.out, size.shuffle)) return run_narrow(*c.narrow, job, size.n);
  const Winograd& winograd = c.winograd;
  const long tiles = static_cast<long>(size.n) * job.tiles_x * job.tiles_y;
  const long need = winograd.block_scratch(job.channels_from, job.channels_to);
  // As few blocks as there may be, of equal size, a whole number for each thread; a pixel's bits do not depend on them.
  const long rounds = up(tiles, winograd.block_tiles * threads());
  const long block = (up(tiles, static_cast<int>(rounds * threads())) + 5) / 6 * 6;
  parallel_ranges(tiles, block, [&](long first, long last) {
    winograd.block(job, first, static_cast<int>(last - first), scratch(Scratch::kBlock, need));
  });
}

}  // namespace

void pack_weights(const Convolution& c, const float* weight, float* packed, int in, int out, int shuffle,
                  bool backward) {
  check_channels(c, in, out, shuffle);
  want_pointer(c.kernel, "weight", weight);
  want_pointer(c.kernel, "packed", packed);
  if (is_narrow(c, in, out, shuffle)) return pack_narrow(weight, packed, in, out, backward);
  parallel_ranges(backward ? out : in, 8, [&](long first, long last) {
    c.winograd.pack(weight, packed, in, out, shuffle, backward, static_cast<int>(first), static_cast<int>(last));
  });
}

void convolve(const Convolution& c, const float* x, const float* packed, float* y, const Size& size,
              const Epilogue& e) {
  check(c, size);
  want_pointer(c.kernel, "x", x);
  want_pointer(c.kernel, "packed", packed);
  want_pointer(c.kernel, "y", y);
  const ConvolutionJob job{plain_picture(x, size),
                           shuffled_picture(y, size),
                           size.in,
                           size.out,
                           packed,
                           e.bias ? packed_bias(e.bias, size.out, size.shuffle) : nullptr,
                           e.residual,
                           e.mask,
                           zeros(size.in),
                           e.relu ? 0.0f : -std::numeric_limits<float>::infinity(),
                           e.scale,
                           e.accumulate,
                           up(size.w, c.winograd.step),
                           up(size.h, c.winograd.step)};
  run(c, job, size);
}

void convolve_back(const Convolution& c, const float* dy, const float* packed, float* dx, const Size& size,
                   const Epilogue& e) {
  check(c, size);
  want_pointer(c.kernel, "dy", dy);
  want_pointer(c.kernel, "packed", packed);
  want_pointer(c.kernel, "dx", dx);
  const Picture from = shuffled_picture(dy, size);
  const ConvolutionJob job{from,
                           plain_picture(dx, size),
                           size.out,
                           size.in,
                           packed,
                           nullptr,
                           e.residual,
                           e.mask,
                           zeros(from.run),
                           -std::numeric_limits<float>::infinity(),
                           e.scale,
                           e.accumulate,
                           up(size.w, c.winograd.step),
                           up(size.h, c.winograd.step)};
  run(c, job, size);
}

void weight_gradient(const Convolution& c, const float* x, const float* dy, float* dweight, float* dbias,
                     const Size& size, float scale, bool accumulate) {
  check(c, size);
  want_pointer(c.kernel, "x", x);
  want_pointer(c.kernel, "dy", dy);
  want_pointer(c.kernel, "dweight", dweight);
  if (is_narrow(c, size.in, size.out, size.shuffle)) {
    return narrow_weight_gradient(*c.narrow, x, dy, dweight, dbias, size, scale, accumulate);
  }
  const Picture gradient = shuffled_picture(dy, size);
  const WeightJob job{
      plain_picture(x, size), gradient, size.in, size.out, zeros(std::max(size.in, gradient.run)), 0, 0};
  weight_gradient(c.winograd.weights, job, size.n, size.shuffle, scale, accumulate, dweight, dbias);
}

}  // namespace acuity::cpu
