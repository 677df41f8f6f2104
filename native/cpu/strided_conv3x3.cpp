// strided_conv3x3_*: 3 x 3 convolution, padding 1, stride 2, on [n][h][w][channels]; Winograd F(3 x 3, 2 x 2) of the
// odd pixels, see isa/strided.h.
#include <cstring>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"
#include "weight_gradient.h"

namespace acuity::cpu {
namespace {

struct Sides {
  int n, h, w, in, out;

  int rows() const { return (h + 1) / 2; }
  int columns() const { return (w + 1) / 2; }
};

void check_channels(const char* kernel, int in, int out) {
  want_at_least(kernel, "in", 1, in);
  want_at_least(kernel, "out", 1, out);
}

void check(const char* kernel, const Sides& s) {
  check_channels(kernel, s.in, s.out);
  want_at_least(kernel, "n", 1, s.n);
  want_at_least(kernel, "h", 1, s.h);
  want_at_least(kernel, "w", 1, s.w);
}

int up(long value, long step) { return static_cast<int>((value + step - 1) / step); }

Picture large(const float* data, const Sides& s) { return {const_cast<float*>(data), s.h, s.w, 1, s.in}; }
Picture small(const float* data, const Sides& s) { return {const_cast<float*>(data), s.rows(), s.columns(), 1, s.out}; }

const float* zeros(int channels) {
  float* buffer = scratch(Scratch::kZeros, channels + 16);
  std::memset(buffer, 0, (channels + 16) * sizeof(float));
  return buffer;
}

void pack(const char* kernel, const float* weight, float* packed, int in, int out, bool backward) {
  check_channels(kernel, in, out);
  want_pointer(kernel, "weight", weight);
  want_pointer(kernel, "packed", packed);
  const auto rows = active().strided.pack;
  parallel_ranges(backward ? out : in, 8, [=](long first, long last) {
    rows(weight, packed, in, out, backward, static_cast<int>(first), static_cast<int>(last));
  });
}

using Block = void (*)(const StridedJob& job, long first_tile, int tiles, float* scratch);

void run(const StridedJob& job, int n, Block block) {
  const Strided& strided = active().strided;
  const long tiles = static_cast<long>(n) * job.tiles_x * job.tiles_y;
  const long need = strided.scratch(job.channels_from, job.channels_to);
  // As few blocks as there may be, of equal size, a whole number for each thread; a pixel's bits do not depend on them.
  const long rounds = up(tiles, static_cast<long>(strided.block_tiles) * threads());
  const long size = (up(tiles, rounds * threads()) + 5) / 6 * 6;
  parallel_ranges(tiles, size, [&](long first, long last) {
    block(job, first, static_cast<int>(last - first), scratch(Scratch::kBlock, need));
  });
}

}  // namespace

void strided_conv3x3_pack_forward(const float* weight, float* packed, int in, int out) {
  pack("strided_conv3x3_pack_forward", weight, packed, in, out, false);
}
TWIN(strided_conv3x3_pack_forward)

void strided_conv3x3_pack_backward(const float* weight, float* packed, int in, int out) {
  pack("strided_conv3x3_pack_backward", weight, packed, in, out, true);
}
TWIN(strided_conv3x3_pack_backward)

void strided_conv3x3_forward(const float* x, const float* packed, float* y, int n, int h, int w, int in, int out) {
  const Sides s{n, h, w, in, out};
  check("strided_conv3x3_forward", s);
  const StridedJob job{large(x, s),        small(y, s),    in, out, packed, zeros(in), false,
                       up(s.columns(), 3), up(s.rows(), 3)};
  run(job, n, active().strided.forward);
}
TWIN(strided_conv3x3_forward)

void strided_conv3x3_backward_input(const float* dy, const float* packed, float* dx, int n, int h, int w, int in,
                                    int out, int accumulate) {
  const Sides s{n, h, w, in, out};
  check("strided_conv3x3_backward_input", s);
  const StridedJob job{small(dy, s),       large(dx, s),   out, in, packed, zeros(out), accumulate != 0,
                       up(s.columns(), 3), up(s.rows(), 3)};
  run(job, n, active().strided.backward);
}
TWIN(strided_conv3x3_backward_input)

void strided_conv3x3_backward_weight(const float* x, const float* dy, float* dweight, int n, int h, int w, int in,
                                     int out, int accumulate) {
  const Sides s{n, h, w, in, out};
  check("strided_conv3x3_backward_weight", s);
  const WeightJob job{large(x, s), small(dy, s), in, out, zeros(in > out ? in : out), 0, 0};
  weight_gradient(active().strided.weights, job, n, 1, 1.0f, accumulate != 0, dweight, nullptr);
}
TWIN(strided_conv3x3_backward_weight)

}  // namespace acuity::cpu
