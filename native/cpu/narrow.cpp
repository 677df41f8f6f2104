#include "narrow.h"

#include <algorithm>
#include <cstring>

#include "pool.h"
#include "scratch.h"

namespace acuity::cpu {
namespace {

constexpr long kBandRows = 24;  // of a task: two rows more are multiplied than summed

/// A side of a convolution that is summed with its few channels as inputs, if both sides are few.
bool few_in(int channels_from) { return channels_from <= kFew; }

}  // namespace

void pack_narrow(const float* weight, float* packed, int in, int out, bool backward) {
  const int from = backward ? out : in, to = backward ? in : out, wide = ceil16(to), columns = ceil16(9 * to);
  std::memset(packed, 0, sizeof(float) * (few_in(from) ? 9 * from * wide : from * columns));
  for (int o = 0; o < out; ++o) {
    for (int i = 0; i < in; ++i) {
      for (int tap = 0; tap < 9; ++tap) {
        const int a = backward ? o : i, b = backward ? i : o, t = backward ? 8 - tap : tap;
        const long at =
            few_in(from) ? (static_cast<long>(t) * from + a) * wide + b : static_cast<long>(a) * columns + t * to + b;
        packed[at] = weight[(static_cast<long>(o) * in + i) * 9 + tap];
      }
    }
  }
}

void run_narrow(const Narrow& narrow, const ConvolutionJob& job, int n) {
  const long rows = static_cast<long>(n) * job.from.height;
  if (few_in(job.channels_from)) {
    const long need = narrow.few_in_scratch(job.from.width, job.channels_from);
    parallel_ranges(
        rows, 4, [&](long first, long last) { narrow.few_in_rows(job, first, last, scratch(Scratch::kBlock, need)); });
  } else {
    const long need = narrow.few_out_scratch(job.from.width, job.channels_to);
    parallel_ranges(rows, kBandRows, [&](long first, long last) {
      narrow.few_out_rows(job, first, last, scratch(Scratch::kBlock, need));
    });
  }
}

void narrow_weight_gradient(const Narrow& narrow, const float* x, const float* dy, float* dweight, float* dbias,
                            const Size& size, float scale, bool accumulate) {
  const bool inputs = few_in(size.in);  // the inputs are the few channels, else the outputs
  const NarrowWeightJob job{inputs ? x : dy, inputs ? dy : x, inputs ? size.in : size.out, inputs ? size.out : size.in,
                            size.h,          size.w};
  const long rows = static_cast<long>(size.n) * size.h;
  // Fixed by the shape: the bits must not depend on the number of threads.
  const long parts = std::min(16L, rows), stride = narrow.partial_size(job.few_channels, job.wide_channels);
  float* const partials = scratch(Scratch::kPartials, stride * parts);
  const long need = narrow.weight_scratch(size.w, job.few_channels, job.wide_channels);
  parallel_for(parts, [&](long part) {
    narrow.weight_part(job, rows * part / parts, rows * (part + 1) / parts, partials + part * stride,
                       scratch(Scratch::kBlock, need));
  });
  const auto write = [&](float& to, long at) {
    float sum = 0;
    for (long part = 0; part < parts; ++part) sum += partials[part * stride + at];
    to = accumulate ? to + scale * sum : scale * sum;
  };
  const int wide = ceil16(job.wide_channels);
  for (int o = 0; o < size.out; ++o) {
    for (int i = 0; i < size.in; ++i) {
      for (int tap = 0; tap < 9; ++tap) {
        const long row = inputs ? tap * job.few_channels + i : (8 - tap) * job.few_channels + o;
        write(dweight[(static_cast<long>(o) * size.in + i) * 9 + tap], row * wide + (inputs ? o : i));
      }
    }
  }
  if (dbias == nullptr) return;
  const long sums = 9L * job.few_channels * wide + (inputs ? 0 : wide);
  for (int o = 0; o < size.out; ++o) write(dbias[o], sums + o);
}

}  // namespace acuity::cpu
