// step_watch_*: what a training step's numbers say about it; the findings are those of kernels/step_watch.cu.
#include <algorithm>
#include <cmath>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr int kWindow = 50, kLeast = 10, kTerms = 6;
enum Finding { kGood, kPixels, kSpike, kEmbedding, kLoss, kGradient };

}  // namespace

void step_watch_pixels(std::int32_t* state, const float* recent, const float* pixels, float spike) {
  const float loss = *pixels;
  const std::int32_t filled = state[1];
  state[0] = std::isfinite(loss) ? kGood : kPixels;
  if (state[0] == kGood && spike > 0 && filled >= kLeast) {
    float sorted[kWindow];
    std::copy_n(recent, filled, sorted);
    std::sort(sorted, sorted + filled);
    const double median = (double{sorted[(filled - 1) / 2]} + sorted[filled / 2]) / 2;
    if (loss > spike * median) state[0] = kSpike;
  }
}
TWIN(step_watch_pixels)

void step_watch_embedding(std::int32_t* state, const float* loss, const float* norm) {
  if (state[0] == kGood && !(std::isfinite(*loss) && std::isfinite(*norm))) state[0] = kEmbedding;
}
TWIN(step_watch_embedding)

void step_watch_gradient(std::int32_t* state, float* recent, const float* pixels, const float* loss, const float* norm,
                         const float* a, const float* b, const float* c, const float* d, const float* e, const float* f,
                         float* report) {
  if (state[0] == kGood && !std::isfinite(*loss)) state[0] = kLoss;
  if (state[0] == kGood && !std::isfinite(*norm)) state[0] = kGradient;
  if (state[0] == kGood) {
    recent[state[2]] = *pixels;
    state[1] = std::min(state[1] + 1, kWindow);
    state[2] = (state[2] + 1) % kWindow;
  }
  const float* terms[kTerms] = {a, b, c, d, e, f};
  report[0] = static_cast<float>(state[0]);
  report[1] = *pixels;
  report[2] = *loss;
  report[3] = *norm;
  for (int i = 0; i < kTerms; ++i) report[4 + i] = terms[i] == nullptr ? 0 : *terms[i];
}
TWIN(step_watch_gradient)

void step_watch_revert(float* values, const float* kept, const std::int32_t* state, std::int64_t count) {
  want_count("step_watch_revert", "count", count);
  if (state[0] != kGood) std::copy_n(kept, count, values);
}
TWIN(step_watch_revert)

}  // namespace acuity::cpu
