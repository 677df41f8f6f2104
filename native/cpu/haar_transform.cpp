// haar_transform_*: the three high-pass bands of one level of the Haar transform. RGB rows by the instruction set's own
// function, other channel counts by plain loops.
#include <cstring>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

void check(const char* kernel, int n, int h, int w, int c) {
  want_at_least(kernel, "n", 1, n);
  want_at_least(kernel, "c", 1, c);
  for (const int size : {h, w}) {
    if (size < 2 || size % 2 != 0)
      reject(std::string(kernel) + (size == h ? " h" : " w"), "an even size", std::to_string(size));
  }
}

void bands(const float* upper, const float* lower, float* to, int width, int c) {
  for (int x = 0; x < width; ++x, upper += 2 * c, lower += 2 * c, to += 3 * c) {
    for (int i = 0; i < c; ++i) {
      const float left = upper[i] - lower[i], right = upper[c + i] - lower[c + i];
      to[i] = 0.5f * (left + right);
      to[c + i] = 0.5f * ((upper[i] + lower[i]) - (upper[c + i] + lower[c + i]));
      to[2 * c + i] = 0.5f * (left - right);
    }
  }
}

typedef float four __attribute__((vector_size(16)));

/// Two rows of the gradient of RGB images; the last pixel but one of `upper` and `lower` may write what the last then
/// overwrites.
void spread3(const float* dy, float* upper, float* lower, int width) {
  const auto pixel = [](float* to, four v, bool last) { std::memcpy(to, &v, last ? 12 : 16); };
  for (int x = 0; x < width; ++x, dy += 9, upper += 6, lower += 6) {
    const bool last = x == width - 1;
    four lh, hl, hh;
    std::memcpy(&lh, dy, 16);
    std::memcpy(&hl, dy + 3, 16);
    std::memcpy(&hh, dy + 6, last ? 12 : 16);
    if (last) hh[3] = 0;
    const four left = 0.5f * (lh + hh), right = 0.5f * (lh - hh), sum = 0.5f * hl;
    pixel(upper, sum + left, false);
    pixel(upper + 3, right - sum, last);
    pixel(lower, sum - left, false);
    pixel(lower + 3, -sum - right, last);
  }
}

void spread(const float* dy, float* upper, float* lower, int width, int c) {
  for (int x = 0; x < width; ++x, dy += 3 * c, upper += 2 * c, lower += 2 * c) {
    for (int i = 0; i < c; ++i) {
      const float left = 0.5f * (dy[i] + dy[2 * c + i]), right = 0.5f * (dy[i] - dy[2 * c + i]), sum = 0.5f * dy[c + i];
      upper[i] = sum + left;
      upper[c + i] = right - sum;
      lower[i] = sum - left;
      lower[c + i] = -sum - right;
    }
  }
}

}  // namespace

void haar_transform_forward(const float* x, float* y, int n, int h, int w, int c) {
  check("haar_transform_forward", n, h, w, c);
  const std::int64_t row = static_cast<std::int64_t>(w) * c, lines = static_cast<std::int64_t>(n) * (h / 2);
  const auto fast = active().bank.haar;
  parallel_for(lines, [=](std::int64_t line) {
    const float* upper = x + 2 * line * row;
    float* to = y + line * (w / 2) * 3 * c;
    // the last lines of all are left to the plain loop: the fast one reads a float beyond its rows
    if (c == 3 && line < lines - 1) {
      fast(upper, upper + row, to, w / 2, false);
    } else {
      bands(upper, upper + row, to, w / 2, c);
    }
  });
}
TWIN(haar_transform_forward)

void haar_transform_backward(const float* dy, float* dx, int n, int h, int w, int c, int accumulate) {
  check("haar_transform_backward", n, h, w, c);
  const std::int64_t row = static_cast<std::int64_t>(w) * c;
  parallel_for(static_cast<std::int64_t>(n) * (h / 2), [=](std::int64_t line) {
    const float* from = dy + line * (w / 2) * 3 * c;
    float* to = dx + 2 * line * row;
    float* rows = accumulate ? scratch(Scratch::kBlock, 2 * row) : to;
    if (c == 3) {
      spread3(from, rows, rows + row, w / 2);
    } else {
      spread(from, rows, rows + row, w / 2, c);
    }
    for (std::int64_t i = 0; accumulate && i < 2 * row; ++i) to[i] += rows[i];
  });
}
TWIN(haar_transform_backward)

}  // namespace acuity::cpu
