// softmax_*: rows of exp(scale x) / sum. The exponential is a polynomial that the compiler makes vectors of: the
// library's would take most of a sparse attention's time.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr int kLanes = 16;

/// e^x for x <= 0, to 2 units in the last place; 0 below -87. 2^f on [-1/2, 1/2] by its Taylor series in f ln 2.
inline float exponential(float x) {
  const float clamped = x < -87.0f ? -87.0f : x;
  const float t = clamped * 1.44269504f;
  const int whole = static_cast<int>(t - 0.5f);
  // ln 2 in two parts, the first with few bits, so that the product with a whole number is exact
  const float f = (clamped - static_cast<float>(whole) * 0.693359375f) + static_cast<float>(whole) * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * f + 1.3981999507e-3f;
  p = p * f + 8.3334519073e-3f;
  p = p * f + 4.1665795894e-2f;
  p = p * f + 1.6666665459e-1f;
  p = p * f + 5.0000001201e-1f;
  p = p * f * f + f + 1.0f;
  const int bits = (whole + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return x < -87.0f ? 0.0f : p * power;
}

float largest(const float* x, int width, float scale) {
  float lanes[kLanes];
  for (float& lane : lanes) lane = -INFINITY;
  int i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const float v = scale * x[i + lane];
      lanes[lane] = v > lanes[lane] ? v : lanes[lane];
    }
  }
  for (; i < width; ++i) lanes[0] = std::max(lanes[0], scale * x[i]);
  return *std::max_element(lanes, lanes + kLanes);
}

template <class Term>
float total_of(int width, const Term& term) {
  float lanes[kLanes] = {};
  int i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  }
  for (; i < width; ++i) lanes[0] += term(i);
  for (int step = kLanes / 2; step > 0; step /= 2) {
    for (int lane = 0; lane < step; ++lane) lanes[lane] += lanes[lane + step];
  }
  return lanes[0];
}

std::int64_t grain(int width) { return std::max(1, 16384 / width); }

}  // namespace

void softmax_forward(const float* x, float* y, float* total, std::int64_t rows, int width, float scale) {
  want_count("softmax_forward", "rows", rows);
  want_at_least("softmax_forward", "width", 1, width);
  parallel_ranges(rows, grain(width), [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const float* from = x + row * width;
      float* to = y + row * width;
      const float top = largest(from, width, scale);
      for (int i = 0; i < width; ++i) to[i] = exponential(scale * from[i] - top);
      const float sum = total_of(width, [=](int i) { return to[i]; });
      for (int i = 0; i < width; ++i) to[i] /= sum;
      if (total) total[row] = top + std::log(sum);
    }
  });
}
TWIN(softmax_forward)

void softmax_backward(const float* y, const float* dy, const float* dtotal, float* dx, std::int64_t rows, int width,
                      float scale, int accumulate) {
  want_count("softmax_backward", "rows", rows);
  want_at_least("softmax_backward", "width", 1, width);
  parallel_ranges(rows, grain(width), [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const float* value = y + row * width;
      const float* slope = dy + row * width;
      float* to = dx + row * width;
      const float sum = total_of(width, [=](int i) { return slope[i] * value[i]; });
      const float shift = (dtotal ? dtotal[row] : 0.0f) - sum;
      if (accumulate) {
        for (int i = 0; i < width; ++i) to[i] += scale * value[i] * (slope[i] + shift);
      } else {
        for (int i = 0; i < width; ++i) to[i] = scale * value[i] * (slope[i] + shift);
      }
    }
  });
}
TWIN(softmax_backward)

}  // namespace acuity::cpu
