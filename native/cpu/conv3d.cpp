// conv3d_*: one 3 x 3 x 3 filter over a volume [h][w][depth], zero padding; HAN has one such layer on 64 channels.
#include "channels.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

struct Volume {
  int n, h, w, depth;
};

void check(const char* kernel, const Volume& v) {
  want_planes(kernel, v.n, static_cast<std::int64_t>(v.h) * v.w, v.depth);
}

/// f(line of pixels) for each of all images' rows.
template <class F>
void over_lines(const Volume& v, const F& f) {
  parallel_for(static_cast<std::int64_t>(v.n) * v.h, f);
}

/// g(tap row 0..2, tap column 0..2, index of that neighbouring pixel) for those inside the image.
template <class G>
void neighbours(const Volume& v, std::int64_t line, int column, const G& g) {
  const int row = static_cast<int>(line % v.h);
  for (int b = 0; b < 3; ++b) {
    for (int c = 0; c < 3; ++c) {
      const bool inside = row + b >= 1 && row + b <= v.h && column + c >= 1 && column + c <= v.w;
      if (inside) g(b, c, ((line + b - 1) * v.w + column + c - 1) * v.depth);
    }
  }
}

/// to[d] += w[0] x[d - 1] + w[1] x[d] + w[2] x[d + 1]
void add_taps(const float* x, float* __restrict to, const float (&w)[3], int depth) {
  if (depth == 1) {
    to[0] += w[1] * x[0];
    return;
  }
  to[0] += w[1] * x[0] + w[2] * x[1];
  for (int d = 1; d + 1 < depth; ++d) to[d] += w[0] * x[d - 1] + w[1] * x[d] + w[2] * x[d + 1];
  to[depth - 1] += w[0] * x[depth - 2] + w[1] * x[depth - 1];
}

void convolve(const float* x, const float* weight, float bias, float* y, const Volume& v, bool flipped,
              bool accumulate) {
  over_lines(v, [=](std::int64_t line) {
    for (int column = 0; column < v.w; ++column) {
      float* to = y + (line * v.w + column) * v.depth;
      if (!accumulate) {
        for (int d = 0; d < v.depth; ++d) to[d] = bias;
      }
      neighbours(v, line, column, [=](int b, int c, std::int64_t at) {
        float w[3];
        for (int a = 0; a < 3; ++a) {
          const int tap = a * 9 + b * 3 + c;
          w[a] = weight[flipped ? 26 - tap : tap];
        }
        add_taps(x + at, to, w, v.depth);
      });
    }
  });
}

}  // namespace

void conv3d_forward(const float* x, const float* weight, const float* bias, float* y, int n, int h, int w, int depth) {
  const Volume v{n, h, w, depth};
  check("conv3d_forward", v);
  convolve(x, weight, bias[0], y, v, false, false);
}
TWIN(conv3d_forward)

void conv3d_backward_input(const float* dy, const float* weight, float* dx, int n, int h, int w, int depth,
                           int accumulate) {
  const Volume v{n, h, w, depth};
  check("conv3d_backward_input", v);
  convolve(dy, weight, 0, dx, v, true, accumulate != 0);
}
TWIN(conv3d_backward_input)

void conv3d_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n, int h, int w,
                            int depth, int accumulate) {
  const Volume v{n, h, w, depth};
  check("conv3d_backward_weight", v);
  constexpr int kSums = 28, kLanes = 8;
  const std::int64_t lines = static_cast<std::int64_t>(n) * h;
  float* const partials = scratch(Scratch::kPartials, lines * kSums * kLanes);
  over_lines(v, [=](std::int64_t line) {
    float sums[kSums][kLanes] = {};
    for (int column = 0; column < v.w; ++column) {
      const float* slope = dy + (line * v.w + column) * depth;
      for (int d = 0; d < depth; ++d) sums[27][d % kLanes] += slope[d];
      neighbours(v, line, column, [&](int b, int c, std::int64_t at) {
        for (int a = -1; a <= 1; ++a) {
          float* __restrict sum = sums[(a + 1) * 9 + b * 3 + c];
          const int first = a < 0 ? 1 : 0, last = a > 0 ? depth - 1 : depth;
          const float* from = x + at + a;
          int d = first;
          for (; d + kLanes <= last; d += kLanes) {
            for (int lane = 0; lane < kLanes; ++lane) sum[lane] += slope[d + lane] * from[d + lane];
          }
          for (; d < last; ++d) sum[0] += slope[d] * from[d];
        }
      });
    }
    std::memcpy(partials + line * kSums * kLanes, sums, sizeof sums);
  });
  for (int tap = 0; tap < kSums; ++tap) {
    double sum = 0;
    for (std::int64_t line = 0; line < lines; ++line) {
      for (int lane = 0; lane < kLanes; ++lane) sum += partials[(line * kSums + tap) * kLanes + lane];
    }
    float& to = tap == 27 ? dbias[0] : dweight[tap];
    to = (accumulate ? to : 0.0f) + static_cast<float>(sum);
  }
}
TWIN(conv3d_backward_weight)

}  // namespace acuity::cpu
