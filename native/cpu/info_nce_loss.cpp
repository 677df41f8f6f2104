// info_nce_*: cosines or distances of feature maps, in parts of 32 pixels, the loss they amount to, and the gradient to
// sr. The parts do not depend on the threads, nor do the bits.
#include <algorithm>
#include <cmath>
#include <vector>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr std::int64_t kPart = 32;
constexpr double kRatio = 3e-7;

enum Kind { kInfoNce, kCosine, kL1, kL2, kLmcl };

SimilarityJob job_of(const char* kernel, const float* sr, const float* samples, int n, int pixels, int channels,
                     int sets) {
  want_pointer(kernel, "sr", sr);
  want_pointer(kernel, "samples", samples);
  want_at_least(kernel, "n", 1, n);
  want_at_least(kernel, "pixels", 1, pixels);
  want_at_least(kernel, "channels", 1, channels);
  want_at_least(kernel, "sets", 1, sets);
  return {sr, samples, nullptr, nullptr, static_cast<std::int64_t>(n) * pixels * channels, channels, sets, false};
}

/// f(first, last, sums) for each part of each image; partial[image][part][set] = sums.
template <class F>
void over_parts(float* partial, int n, int pixels, int sets, const F& f) {
  const std::int64_t parts = (pixels + kPart - 1) / kPart;
  parallel_for(n * parts, [=](std::int64_t item) {
    std::vector<double> sums(sets);
    const std::int64_t start = item / parts * pixels, part = item % parts * kPart;
    f(start + part, start + std::min<std::int64_t>(part + kPart, pixels), sums.data());
    for (int set = 0; set < sets; ++set) partial[item * sets + set] = static_cast<float>(sums[set]);
  });
}

/// f(image, first, last) over the pixels, in pieces of one image.
template <class F>
void over_images(int n, int pixels, const F& f) {
  const std::int64_t parts = (pixels + kPart - 1) / kPart;
  parallel_for(n * parts, [=](std::int64_t item) {
    const std::int64_t image = item / parts, part = item % parts * kPart;
    f(image, image * pixels + part, image * pixels + std::min<std::int64_t>(part + kPart, pixels));
  });
}

/// One image of one layer under InfoNCE or LMCL; s and slope with stride n between sets.
double exponentials(const float* s, float* slope, int n, int sets, int positives, bool lmcl, double inverse_tau,
                    double factor) {
  const auto of = [=](int set) { return static_cast<double>(s[static_cast<std::int64_t>(set) * n]); };
  double largest = of(positives), sum = 0, loss = 0, pull = 0;
  for (int k = positives; k < sets; ++k) largest = std::max(largest, of(k));
  for (int k = positives; k < sets; ++k) sum += std::exp((of(k) - largest) * inverse_tau);
  for (int k = 0; k < positives; ++k) {
    const double ahead = (largest - of(k)) * inverse_tau + std::log(sum);
    const double weight = lmcl ? 1 : 1 / (1 + std::exp(-ahead));
    loss += lmcl ? ahead : std::max(ahead, 0.0) + std::log1p(std::exp(-std::fabs(ahead)));
    slope[static_cast<std::int64_t>(k) * n] = static_cast<float>(-weight * factor * inverse_tau);
    pull += weight;
  }
  for (int k = positives; k < sets; ++k) {
    const double share = std::exp((of(k) - largest) * inverse_tau) / sum;
    slope[static_cast<std::int64_t>(k) * n] = static_cast<float>(pull * share * factor * inverse_tau);
  }
  return loss * factor;
}

struct Means {
  double positive = 0;
  double negative = 0;
};

/// The other kinds: the loss and its derivatives by the weighted mean of positives and of negatives.
double of_means(int kind, const Means& s, Means& by) {
  if (kind == kCosine) {
    by = {-1, 1};
    return s.negative - s.positive;
  }
  if (kind == kL1) {
    const double below = s.negative + kRatio, loss = s.positive / below;
    by = {1 / below, -loss / below};
    return loss;
  }
  const double below = 1 - s.negative + kRatio, loss = (1 - s.positive) / below;
  by = {-1 / below, loss / below};
  return loss;
}

}  // namespace

void info_nce_cosine_forward(const float* sr, const float* samples, float* terms, float* partial, int n, int pixels,
                             int channels, int sets) {
  SimilarityJob job = job_of("info_nce_cosine_forward", sr, samples, n, pixels, channels, sets);
  job.terms = terms;
  const auto cosines = active().similarity.cosines;
  over_parts(partial, n, pixels, sets,
             [=](std::int64_t first, std::int64_t last, double* sums) { cosines(job, first, last, sums); });
}
TWIN(info_nce_cosine_forward)

void info_nce_distance_forward(const float* sr, const float* samples, float* partial, int n, int pixels, int channels,
                               int sets) {
  const SimilarityJob job = job_of("info_nce_distance_forward", sr, samples, n, pixels, channels, sets);
  const auto distances = active().similarity.distances;
  over_parts(partial, n, pixels, sets,
             [=](std::int64_t first, std::int64_t last, double* sums) { distances(job, first, last, sums); });
}
TWIN(info_nce_distance_forward)

void info_nce_mean(const float* partial, float* similarity, int n, int parts, int sets, float factor) {
  want_at_least("info_nce_mean", "parts", 1, parts);
  for (std::int64_t set = 0; set < sets; ++set) {
    for (std::int64_t image = 0; image < n; ++image) {
      double sum = 0;
      for (int part = 0; part < parts; ++part) sum += partial[(image * parts + part) * sets + set];
      similarity[set * n + image] = static_cast<float>(sum * factor);
    }
  }
}
TWIN(info_nce_mean)

void info_nce_weigh(const float* similarity, float* slope, float* loss, float* report, int n, int sets, int positives,
                    int layers, int kind, float inverse_tau, float decay) {
  want_at_least("info_nce_weigh", "positives", 1, positives);
  want_at_least("info_nce_weigh", "negatives", 1, sets - positives);
  if (kind < kInfoNce || kind > kLmcl) reject("info_nce_weigh kind", "0 to 4", std::to_string(kind));
  const bool exponential = kind == kInfoNce || kind == kLmcl;
  const double each_positive = 1.0 / positives / n, each_negative = 1.0 / (sets - positives) / n;
  Means plain, weighted;
  double losses = 0, weight = 1;
  for (int layer = 0; layer < layers; ++layer, weight *= decay) {
    Means sums;
    for (int image = 0; image < n; ++image) {
      const std::int64_t at = static_cast<std::int64_t>(layer) * sets * n + image;
      if (exponential) {
        losses += exponentials(similarity + at, slope + at, n, sets, positives, kind == kLmcl, inverse_tau,
                               weight * each_positive / layers);
      }
      for (int k = 0; k < sets; ++k) {
        (k < positives ? sums.positive : sums.negative) += similarity[at + static_cast<std::int64_t>(k) * n];
      }
    }
    plain.positive += sums.positive * each_positive / layers;
    plain.negative += sums.negative * each_negative / layers;
    weighted.positive += weight * sums.positive * each_positive;
    weighted.negative += weight * sums.negative * each_negative;
  }
  if (!exponential) {
    Means by;
    losses = of_means(kind, weighted, by);
    weight = 1;
    for (int layer = 0; layer < layers; ++layer, weight *= decay) {
      for (int i = 0; i < sets * n; ++i) {
        slope[static_cast<std::int64_t>(layer) * sets * n + i] = static_cast<float>(
            weight * (i / n < positives ? by.positive * each_positive : by.negative * each_negative));
      }
    }
  }
  loss[0] = static_cast<float>(losses);
  report[0] = static_cast<float>(plain.positive);
  report[1] = static_cast<float>(plain.negative);
}
TWIN(info_nce_weigh)

void info_nce_cosine_backward(const float* sr, const float* samples, const float* terms, const float* slope,
                              const float* dloss, float* dsr, int n, int pixels, int channels, int sets,
                              int accumulate) {
  SimilarityJob job = job_of("info_nce_cosine_backward", sr, samples, n, pixels, channels, sets);
  job.terms = const_cast<float*>(terms);  // read only
  job.dsr = dsr;
  job.accumulate = accumulate != 0;
  const float rate = dloss[0] / static_cast<float>(pixels);
  const auto gradient = active().similarity.cosine_gradient;
  over_images(n, pixels, [=](std::int64_t image, std::int64_t first, std::int64_t last) {
    std::vector<float> factors(sets);
    gradient(job, slope + image, n, rate, factors.data(), first, last);
  });
}
TWIN(info_nce_cosine_backward)

void info_nce_distance_backward(const float* sr, const float* samples, const float* slope, const float* dloss,
                                float* dsr, int n, int pixels, int channels, int sets, int accumulate) {
  SimilarityJob job = job_of("info_nce_distance_backward", sr, samples, n, pixels, channels, sets);
  job.dsr = dsr;
  job.accumulate = accumulate != 0;
  const float rate = dloss[0] / (static_cast<float>(pixels) * static_cast<float>(channels));
  const auto gradient = active().similarity.distance_gradient;
  over_images(n, pixels, [=](std::int64_t image, std::int64_t first, std::int64_t last) {
    gradient(job, slope + image, n, rate, first, last);
  });
}
TWIN(info_nce_distance_backward)

}  // namespace acuity::cpu
