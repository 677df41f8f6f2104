// spectral_bank_*: RGB to planes, half spectra times transfer functions, planes to RGB in 8-bit levels. Loops over
// contiguous rows; they wait for memory.
#include <algorithm>
#include <cstring>
#include <string>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

/// As in kernels/spectral_bank.cu.
struct Row {
  int source;
  int target;
  int profile;
  float gain[3];
  int unused[2];
};

void check(const char* kernel, int images, int h, int w) {
  want_at_least(kernel, "images", 1, images);
  want_at_least(kernel, "h", 1, h);
  want_at_least(kernel, "w", 1, w);
}

}  // namespace

void spectral_bank_planes(const float* x, float* planes, int n, int h, int w) {
  check("spectral_bank_planes", n, h, w);
  parallel_for(std::int64_t{n} * h, [=](std::int64_t line) {
    const std::int64_t image = line / h, y = line % h;
    const float* from = x + line * w * 3;
    for (int c = 0; c < 3; ++c) {
      float* to = planes + ((image * 3 + c) * h + y) * w;
      for (int i = 0; i < w; ++i) to[i] = from[3 * i + c];
    }
  });
}
TWIN(spectral_bank_planes)

void spectral_bank_forward(const float* spectra, const int* plan, const float* profiles, float* products, int rows,
                           int n, int h, int half) {
  check("spectral_bank_forward", rows, h, half);
  const Row* row = reinterpret_cast<const Row*>(plan);
  for (int r = 0; r < rows; ++r) {
    if (row[r].source < 0 || row[r].source >= n) {
      reject("spectral_bank_forward source", "0 to " + std::to_string(n - 1), std::to_string(row[r].source));
    }
  }
  parallel_for(std::int64_t{rows} * h, [=](std::int64_t item) {
    const Row& at = row[item / h];
    const std::int64_t v = item % h;
    const float* first = profiles + std::int64_t{at.profile} * (h + half);
    const float* second = first + h + half;
    float* factors = scratch(Scratch::kBlock, 2 * half);
    for (int u = 0; u < half; ++u) {
      const float factor =
          (at.gain[0] + at.gain[1] * (first[v] * first[h + u])) + at.gain[2] * (second[v] * second[h + u]);
      factors[2 * u] = factors[2 * u + 1] = factor;
    }
    for (int c = 0; c < 3; ++c) {
      const float* from = spectra + ((std::int64_t{at.source} * 3 + c) * h + v) * half * 2;
      float* to = products + ((item / h * 3 + c) * h + v) * half * 2;
      for (int i = 0; i < 2 * half; ++i) to[i] = factors[i] * from[i];
    }
  });
}
TWIN(spectral_bank_forward)

void spectral_bank_finish(const float* planes, const int* plan, float* y, int rows, int h, int w) {
  check("spectral_bank_finish", rows, h, w);
  const Row* row = reinterpret_cast<const Row*>(plan);
  const auto levels = active().bank.levels;
  parallel_for(std::int64_t{rows} * h, [=](std::int64_t item) {
    const std::int64_t r = item / h, line = item % h;
    float* made = scratch(Scratch::kBlock, w);
    float* to = y + (std::int64_t{row[r].target} * h + line) * w * 3;
    for (int c = 0; c < 3; ++c) {
      levels(planes + ((r * 3 + c) * h + line) * w, made, w);
      for (int i = 0; i < w; ++i) to[3 * i + c] = made[i];
    }
  });
}
TWIN(spectral_bank_finish)

}  // namespace acuity::cpu
