// Rows, then columns (inverse: the other way), each plane in scratch memory that fits a core's L2 cache. Several rows
// or columns are transformed at once, one in each lane of a vector (isa/fft.h).
#include "fft.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr double kTwoPi = 6.283185307179586476925;

/// The stages of one length and their constants, kept for good.
struct Plan {
  std::vector<FftStage> stages;
  std::vector<std::vector<float>> constants;
  FftAxis axis;

  explicit Plan(int n, bool wide);

  const float* keep(std::vector<float> values) {
    constants.push_back(std::move(values));
    return constants.back().data();
  }
};

/// cos and sin of -2 pi i / n: the octants' symmetry is left to the library's exactness in double precision.
void push_root(std::vector<float>& to, long i, long n, double sign) {
  const double angle = sign * kTwoPi * static_cast<double>(i % n) / static_cast<double>(n);
  to.push_back(static_cast<float>(std::cos(angle)));
  to.push_back(static_cast<float>(std::sin(angle)));
}

std::vector<int> radices(int n, bool wide) {
  std::vector<int> list;
  // 8 needs sixteen vectors for its numbers alone
  const std::vector<int> order =
      wide ? std::vector<int>{8, 4, 2, 3, 5, 7, 11, 13} : std::vector<int>{4, 2, 3, 5, 7, 11, 13};
  int rest = n;
  for (const int radix : order) {
    while (rest % radix == 0 && rest > 1) {
      list.push_back(radix);
      rest /= radix;
    }
  }
  if (rest > 1) reject("fft size", "a product of 2, 3, 5, 7, 11 and 13", std::to_string(n));
  if (list.empty()) list.push_back(1);
  return list;
}

Plan::Plan(int n, bool wide) {
  int length = n;
  for (const int radix : radices(n, wide)) {
    const int rest = length / radix;
    std::vector<float> twiddles, roots;
    for (int p = 0; p < rest; ++p) {
      for (int j = 1; j < radix; ++j) push_root(twiddles, static_cast<long>(p) * j, length, -1);
    }
    for (int k = 0; k < radix; ++k) push_root(roots, k, radix, 1);
    stages.push_back({radix, rest, n / length, keep(std::move(twiddles)), keep(std::move(roots))});
    length = rest;
  }
  axis = {n, static_cast<int>(stages.size()), stages.data()};
}

const FftAxis& axis_of(int n, bool wide) {
  static std::mutex mutex;
  static std::map<std::pair<int, bool>, std::unique_ptr<Plan>> plans;
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<Plan>& plan = plans[{n, wide}];
  if (plan == nullptr) plan = std::make_unique<Plan>(n, wide);
  return plan->axis;
}

/// What all planes share.
struct Job {
  const Fft& fft;
  const FftAxis& rows;     // of length width
  const FftAxis& columns;  // of length height
  int height, width, half;
  long ld;  // floats of a row of half a spectrum in scratch

  long plane() const { return static_cast<long>(height) * width; }
  long spectrum() const { return 2L * height * half; }
  int row_blocks() const { return (height + 2 * fft.lanes - 1) / (2 * fft.lanes); }
  int column_blocks() const { return (half + fft.lanes - 1) / fft.lanes; }
};

/// Calls f(first row, rows) for the blocks of rows.
template <class F>
void over_rows(const Job& job, const F& f) {
  parallel_for(job.row_blocks(), [&](std::int64_t block) {
    const int first = static_cast<int>(block) * 2 * job.fft.lanes;
    f(first, std::min(2 * job.fft.lanes, job.height - first), scratch(Scratch::kBlock, job.fft.scratch(job.width)));
  });
}

template <class F>
void over_columns(const Job& job, const F& f) {
  parallel_for(job.column_blocks(), [&](std::int64_t block) {
    const int first = static_cast<int>(block) * job.fft.lanes;
    f(first, std::min(job.fft.lanes, job.half - first), scratch(Scratch::kBlock, job.fft.scratch(job.height)));
  });
}

void forward(const Job& job, const float* plane, float* spectrum) {
  float* const re = scratch(Scratch::kPartials, 2 * job.height * job.ld);
  float* const im = re + job.height * job.ld;
  over_rows(job, [&](int first, int count, float* room) {
    job.fft.rows_forward(job.rows, plane, first, count, re, im, job.ld, room);
  });
  over_columns(job, [&](int first, int count, float* room) {
    job.fft.columns_forward(job.columns, re + first, im + first, job.ld, count, spectrum + 2 * first, 2L * job.half,
                            room);
  });
}

void inverse(const Job& job, const float* spectrum, float* plane) {
  float* const re = scratch(Scratch::kPartials, 2 * job.height * job.ld);
  float* const im = re + job.height * job.ld;
  over_columns(job, [&](int first, int count, float* room) {
    job.fft.columns_inverse(job.columns, spectrum + 2 * first, 2L * job.half, count, re + first, im + first, job.ld,
                            room);
  });
  over_rows(job, [&](int first, int count, float* room) {
    job.fft.rows_inverse(job.rows, re, im, job.ld, first, count, plane, room);
  });
}

}  // namespace

void fft2d(bool inverted, int batch, int height, int width, const float* from, float* to) {
  want_at_least("fft", "batch", 1, batch);
  want_at_least("fft", "height", 1, height);
  want_at_least("fft", "width", 1, width);
  want_pointer("fft", "from", from);
  want_pointer("fft", "to", to);
  const Fft& fft = active().fft;
  const bool wide = fft.lanes == 16;
  const int half = width / 2 + 1;
  const long ld = (half + fft.lanes - 1) / fft.lanes * fft.lanes;
  const Job job = {fft, axis_of(width, wide), axis_of(height, wide), height, width, half, ld};
  const auto one = [&](std::int64_t i) {
    if (inverted) {
      inverse(job, from + i * job.spectrum(), to + i * job.plane());
    } else {
      forward(job, from + i * job.plane(), to + i * job.spectrum());
    }
  };
  // Many planes: one for each thread, whose blocks then run in it alone. Few: their blocks are divided.
  if (batch >= 4 * threads()) {
    parallel_for(batch, one);
  } else {
    for (int i = 0; i < batch; ++i) one(i);
  }
}

}  // namespace acuity::cpu
