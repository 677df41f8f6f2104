// Cases of the contrastive losses, forward and backward in one, with the loss in double precision.
#include "contrast_cases.h"

#include <cmath>
#include <string>

#include "convolution_cases.h"

namespace cases {
namespace {

double cosine(const float* x, const float* y, int channels) {
  double xx = 0, yy = 0, xy = 0;
  for (int c = 0; c < channels; ++c) {
    xx += double{x[c]} * x[c];
    yy += double{y[c]} * y[c];
    xy += double{x[c]} * y[c];
  }
  return xy / std::fmax(std::sqrt(xx), 1e-12) / std::fmax(std::sqrt(yy), 1e-12);
}

double distance(const float* x, const float* y, int channels) {
  double sum = 0;
  for (int c = 0; c < channels; ++c) sum += std::fabs(double{x[c]} - y[c]);
  return sum / channels;
}

void info_nce(std::vector<Case>& list, int n, int pixels, int channels, int sets, int kind, int accumulate) {
  constexpr int l1 = 2;
  const int positives = sets / 2, parts = (pixels + 31) / 32;
  Numbers numbers(static_cast<uint64_t>(channels + kind));
  const auto size = static_cast<size_t>(n) * pixels * channels;
  const auto sr = numbers.values(size), samples = numbers.values(size * sets);
  std::vector<double> similarity(static_cast<size_t>(sets) * n);
  for (int set = 0; set < sets; ++set)
    for (int image = 0; image < n; ++image)
      for (int p = 0; p < pixels; ++p) {
        const size_t at = (static_cast<size_t>(image) * pixels + p) * channels;
        const float *x = &sr[at], *y = &samples[set * size + at];
        similarity[static_cast<size_t>(set) * n + image] +=
            (kind == l1 ? distance(x, y, channels) : cosine(x, y, channels)) / pixels;
      }
  Case c{"info_nce " + std::to_string(n) + " " + std::to_string(pixels) + " " + std::to_string(channels) + " " +
             std::to_string(sets) + " kind " + std::to_string(kind),
         {},
         {},
         {}};
  c.add(sr);
  c.add(samples);
  const int dloss = c.add(std::vector<float>{1.5f}), dsr = c.add(numbers.values(size));
  const int partial = c.room(static_cast<size_t>(n) * parts * sets);
  const int terms = c.room(static_cast<size_t>(n) * pixels * (2 * sets + 1));
  const int means = c.room(similarity.size()), slope = c.room(similarity.size());
  const int loss = c.room(1), report = c.room(2);
  const int64_t blocks = int64_t{n} * parts * 256;
  const float each = kind == l1 ? 1.0f / static_cast<float>(pixels * channels) : 1.0f / static_cast<float>(pixels);
  if (kind == l1) {
    c.launches.push_back({"info_nce_distance_forward",
                          {blocks, 1, 1},
                          {at(0), at(1), at(partial), i32(n), i32(pixels), i32(channels), i32(sets)}});
  } else {
    c.launches.push_back({"info_nce_cosine_forward",
                          {blocks, 1, 1},
                          {at(0), at(1), at(terms), at(partial), i32(n), i32(pixels), i32(channels), i32(sets)}});
    c.outputs.push_back({terms, 2e-6, {}});
  }
  c.launches.push_back(
      {"info_nce_mean", {int64_t{sets} * n, 1, 1}, {at(partial), at(means), i32(n), i32(parts), i32(sets), f32(each)}});
  c.launches.push_back({"info_nce_weigh",
                        {1, 1, 1},
                        {at(means), at(slope), at(loss), at(report), i32(n), i32(sets), i32(positives), i32(1),
                         i32(kind), f32(2.0f), f32(0.5f)}});
  if (kind == l1) {
    c.launches.push_back({"info_nce_distance_backward",
                          {int64_t{n} * pixels * channels, 1, 1},
                          {at(0), at(1), at(slope), at(dloss), at(dsr), i32(n), i32(pixels), i32(channels), i32(sets),
                           i32(accumulate)}});
  } else {
    c.launches.push_back({"info_nce_cosine_backward",
                          {int64_t{n} * pixels * 32, 1, 1},
                          {at(0), at(1), at(terms), at(slope), at(dloss), at(dsr), i32(n), i32(pixels), i32(channels),
                           i32(sets), i32(accumulate)}});
  }
  c.outputs.insert(c.outputs.end(), {{partial, 2e-6, {}},
                                     {means, 2e-6, similarity},
                                     {slope, 2e-5, {}},
                                     {loss, 1e-5, {}},
                                     {report, 2e-6, {}},
                                     {dsr, 2e-5, {}}});
  list.push_back(c);
}

void dual(std::vector<Case>& list, int reals, int fakes, int accumulate) {
  Numbers numbers(static_cast<uint64_t>(reals));
  Case c{"dual_contrastive_loss " + std::to_string(reals) + " " + std::to_string(fakes), {}, {}, {}};
  const auto real = numbers.values(static_cast<size_t>(reals)), fake = numbers.values(static_cast<size_t>(fakes));
  double of_real = 0, of_fake = 0, truth = 0;
  for (float r : real) of_real += std::exp(double{-r});
  for (float f : fake) of_fake += std::exp(double{f});
  for (float r : real) truth += (std::log(std::exp(double{r}) + of_fake) - r) / reals;
  for (float f : fake) truth += (std::log(std::exp(double{-f}) + of_real) + f) / fakes;
  c.add(real);
  c.add(fake);
  const int dloss = c.add(std::vector<float>{-0.5f});
  const int dreal = c.add(numbers.values(real.size())), dfake = c.add(numbers.values(fake.size()));
  const int loss = c.room(1), terms = c.room(4);
  c.launches = {
      {"dual_contrastive_loss_forward", {1, 1, 1}, {at(0), at(1), at(loss), at(terms), i32(reals), i32(fakes)}},
      {"dual_contrastive_loss_backward",
       {reals, 1, 1},
       {at(0), at(terms), at(dloss), at(dreal), i32(reals), i32(0), i32(accumulate)}},
      {"dual_contrastive_loss_backward",
       {fakes, 1, 1},
       {at(1), at(terms), at(dloss), at(dfake), i32(fakes), i32(1), i32(accumulate)}}};
  c.outputs = {{loss, 1e-5, {truth}}, {terms, 1e-5, {}}, {dreal, 1e-5, {}}, {dfake, 1e-5, {}}};
  list.push_back(c);
}

}  // namespace

void add_contrast(std::vector<Case>& list) {
  for (int kind = 0; kind < 5; ++kind) {
    info_nce(list, 2, 3, 5, 4, kind, kind % 2);
    info_nce(list, 1, 33, 17, 2, kind, 1 - kind % 2);
  }
  info_nce(list, 2, 70, 33, 5, 0, 0);
  info_nce(list, 2, 40, 64, 3, 2, 0);
  dual(list, 1, 1, 0);
  dual(list, 7, 300, 1);
  dual(list, 257, 255, 0);
}

}  // namespace cases
