// bucket_merge_*: the rounds of sparse attention, weighed by a soft-max of their totals.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

template <class F>
void over_positions(const char* kernel, int n, int rounds, int length, int padded, int width, const F& f) {
  want_at_least(kernel, "n", 1, n);
  want_at_least(kernel, "rounds", 1, rounds);
  want_at_least(kernel, "length", 1, length);
  want_at_least(kernel, "padded", length, padded);
  want_at_least(kernel, "width", 1, width);
  parallel_ranges(static_cast<std::int64_t>(n) * length, 64, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) f(row, row / length * rounds, row % length);
  });
}

}  // namespace

void bucket_merge_forward(const float* x, const float* values, const float* totals, const int* inverse, float* weights,
                          float* y, int n, int rounds, int length, int padded, int width, float scale) {
  over_positions("bucket_merge_forward", n, rounds, length, padded, width,
                 [=](std::int64_t row, std::int64_t groups, std::int64_t position) {
                   const auto place = [=](std::int64_t group) {
                     return group * padded + inverse[group * length + position];
                   };
                   float largest = -INFINITY, sum = 0;
                   for (int r = 0; r < rounds; ++r) largest = std::max(largest, totals[place(groups + r)]);
                   for (int r = 0; r < rounds; ++r) sum += std::exp(totals[place(groups + r)] - largest);
                   std::memcpy(y + row * width, x + row * width, width * sizeof(float));
                   for (int r = 0; r < rounds; ++r) {
                     const std::int64_t at = place(groups + r);
                     const float weight = std::exp(totals[at] - largest) / sum, factor = scale * weight;
                     weights[(groups + r) * length + position] = weight;
                     for (int c = 0; c < width; ++c) y[row * width + c] += factor * values[at * width + c];
                   }
                 });
}
TWIN(bucket_merge_forward)

void bucket_merge_backward_values(const float* dy, const float* weights, const int* order, float* dvalues, int n,
                                  int rounds, int length, int padded, int width, float scale) {
  over_positions("bucket_merge_backward_values", n * rounds, 1, padded, padded, width,
                 [=](std::int64_t row, std::int64_t group, std::int64_t place) {
                   float* to = dvalues + row * width;
                   if (place >= length) {
                     std::memset(to, 0, width * sizeof(float));
                     return;
                   }
                   const std::int64_t position = order[group * length + place];
                   const float factor = scale * weights[group * length + position];
                   const float* from = dy + (group / rounds * length + position) * width;
                   for (int c = 0; c < width; ++c) to[c] = factor * from[c];
                 });
}
TWIN(bucket_merge_backward_values)

void bucket_merge_backward_totals(const float* dy, const float* values, const float* weights, const int* inverse,
                                  float* dtotals, int n, int rounds, int length, int padded, int width, float scale) {
  over_positions("bucket_merge_backward_totals", n, rounds, length, padded, width,
                 [=](std::int64_t row, std::int64_t groups, std::int64_t position) {
                   float mean = 0;
                   for (int r = 0; r < rounds; ++r) {
                     const std::int64_t group = groups + r, at = group * padded + inverse[group * length + position];
                     float sum = 0;
                     for (int c = 0; c < width; ++c) sum += dy[row * width + c] * values[at * width + c];
                     dtotals[at] = scale * sum;
                     mean += weights[group * length + position] * dtotals[at];
                   }
                   for (int r = 0; r < rounds; ++r) {
                     const std::int64_t group = groups + r, at = group * padded + inverse[group * length + position];
                     dtotals[at] = weights[group * length + position] * (dtotals[at] - mean);
                   }
                 });
}
TWIN(bucket_merge_backward_totals)

}  // namespace acuity::cpu
