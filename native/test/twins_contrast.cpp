// The contrastive losses' twins on every instruction set: similarities, distances and their gradients against plain
// loops, and the same bits on one thread and two.
#include <functional>

#include "twins_check.h"

namespace twins {
namespace {

struct Shape {
  int n, pixels, channels, sets;

  std::size_t size() const { return static_cast<std::size_t>(n) * pixels * channels; }
  int parts() const { return (pixels + 31) / 32; }
};

struct Maps {
  Floats sr, samples, slope;
};

double inverse(const Floats& x, std::size_t at, int channels) {
  double squares = 0;
  for (int c = 0; c < channels; ++c) squares += double(x[at + c]) * x[at + c];
  return 1 / std::fmax(std::sqrt(squares), 1e-12);
}

/// Calls with set, image, the pixel's first number in sr and in samples.
void each(const Shape& s, const std::function<void(int, int, std::size_t, std::size_t)>& f) {
  for (int set = 0; set < s.sets; ++set)
    for (int image = 0; image < s.n; ++image)
      for (int p = 0; p < s.pixels; ++p) {
        const std::size_t at = (static_cast<std::size_t>(image) * s.pixels + p) * s.channels;
        f(set, image, at, at + set * s.size());
      }
}

void cosines(const Shape& s, const Maps& m, int accumulate) {
  Floats terms(s.size() / s.channels * (2 * s.sets + 1), NAN), partial(std::size_t(s.n) * s.parts() * s.sets, NAN);
  Floats means(std::size_t(s.sets) * s.n, NAN), dsr = random_floats(s.size(), 4);
  const float dloss = 1.25f;
  std::vector<double> similarity(means.size()), gradient(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) gradient[i] = accumulate ? dsr[i] : 0;
  each(s, [&](int set, int image, std::size_t x, std::size_t y) {
    const double of_x = inverse(m.sr, x, s.channels), of_y = inverse(m.samples, y, s.channels);
    double cosine = 0;
    for (int c = 0; c < s.channels; ++c) cosine += of_x * m.sr[x + c] * of_y * m.samples[y + c];
    similarity[set * s.n + image] += cosine / s.pixels;
    const double rate = dloss * m.slope[set * s.n + image] / s.pixels * of_x;
    const double along = of_x < 1e12 ? cosine * of_x : 0;
    for (int c = 0; c < s.channels; ++c) gradient[x + c] += rate * (of_y * m.samples[y + c] - along * m.sr[x + c]);
  });
  call("info_nce_cosine_forward", m.sr.data(), m.samples.data(), terms.data(), partial.data(), s.n, s.pixels,
       s.channels, s.sets);
  expect(terms.guards_stand(), "info_nce_cosine_forward: wrote outside its terms");
  call("info_nce_mean", partial.data(), means.data(), s.n, s.parts(), s.sets, 1.0f / s.pixels);
  expect_near(means, similarity, 2e-6, "info_nce_cosine_forward");
  call("info_nce_cosine_backward", m.sr.data(), m.samples.data(), terms.data(), m.slope.data(), &dloss, dsr.data(), s.n,
       s.pixels, s.channels, s.sets, accumulate);
  expect_near(dsr, gradient, 2e-6, "info_nce_cosine_backward");
}

void distances(const Shape& s, const Maps& m, int accumulate) {
  Floats partial(std::size_t(s.n) * s.parts() * s.sets, NAN), means(std::size_t(s.sets) * s.n, NAN);
  Floats dsr = random_floats(s.size(), 5);
  const float dloss = -0.75f;
  const double all = double(s.pixels) * s.channels;
  std::vector<double> distance(means.size()), gradient(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) gradient[i] = accumulate ? dsr[i] : 0;
  each(s, [&](int set, int image, std::size_t x, std::size_t y) {
    for (int c = 0; c < s.channels; ++c) {
      const double difference = double(m.sr[x + c]) - m.samples[y + c];
      distance[set * s.n + image] += std::fabs(difference) / all;
      gradient[x + c] += dloss * m.slope[set * s.n + image] / all * ((difference > 0) - (difference < 0));
    }
  });
  call("info_nce_distance_forward", m.sr.data(), m.samples.data(), partial.data(), s.n, s.pixels, s.channels, s.sets);
  call("info_nce_mean", partial.data(), means.data(), s.n, s.parts(), s.sets, static_cast<float>(1 / all));
  expect_near(means, distance, 1e-6, "info_nce_distance_forward");
  call("info_nce_distance_backward", m.sr.data(), m.samples.data(), m.slope.data(), &dloss, dsr.data(), s.n, s.pixels,
       s.channels, s.sets, accumulate);
  expect_near(dsr, gradient, 2e-6, "info_nce_distance_backward");
}

Floats gradient_on(int threads, const Shape& s, const Maps& m) {
  acuity::cpu::set_threads(threads);
  Floats terms(s.size() / s.channels * (2 * s.sets + 1)), partial(std::size_t(s.n) * s.parts() * s.sets);
  Floats dsr(s.size());
  const float dloss = 1;
  call("info_nce_cosine_forward", m.sr.data(), m.samples.data(), terms.data(), partial.data(), s.n, s.pixels,
       s.channels, s.sets);
  call("info_nce_cosine_backward", m.sr.data(), m.samples.data(), terms.data(), m.slope.data(), &dloss, dsr.data(), s.n,
       s.pixels, s.channels, s.sets, 0);
  return dsr;
}

void shape(const Shape& s) {
  Maps m = {random_floats(s.size(), 1), random_floats(s.size() * s.sets, 2),
            random_floats(std::size_t(s.sets) * s.n, 3)};
  if (s.size() > 4) m.samples[0] = m.sr[0];  // a difference of 0 has no slope
  cosines(s, m, 0);
  cosines(s, m, 1);
  distances(s, m, 0);
  distances(s, m, 1);
  expect(gradient_on(1, s, m).same_bits(gradient_on(3, s, m)), "info_nce: the same bits on 1 thread and 3");
  acuity::cpu::set_threads(2);
}

}  // namespace

void test_contrast() {
  const std::string chosen = acuity::cpu::isa();
  for (const char* set : {"avx512", "avx2", "plain"}) {
    try {
      acuity::cpu::set_isa(set);
    } catch (const std::exception&) {
      continue;  // main says which are missing
    }
    for (const Shape& s :
         {Shape{1, 1, 2, 1}, {2, 3, 5, 2}, {1, 33, 16, 3}, {2, 31, 17, 3}, {1, 65, 100, 8}, {3, 36, 64, 4}}) {
      shape(s);
    }
  }
  acuity::cpu::set_isa(chosen.c_str());
}

}  // namespace twins
