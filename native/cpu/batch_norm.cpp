// batch_norm_*: batch normalisation by sets, with a leaky ReLU behind it.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr std::int64_t kFloats = 32768;  // of a task

void check(const char* kernel, std::int64_t pixels, int channels, int sets, int parts) {
  want_at_least(kernel, "pixels", 1, pixels);
  want_at_least(kernel, "channels", 1, channels);
  want_at_least(kernel, "sets", 1, sets);
  want_at_least(kernel, "parts", 1, parts);
}

/// The constants of every set, one after the other, each array with room for whole vectors.
class Constants {
 public:
  Constants(const float* statistics, const float* weight, const float* bias, int channels, int sets, float slope)
      : room_(ceil16(channels) + 16), slope_(slope) {
    data_ = scratch(Scratch::kBias, static_cast<std::size_t>(sets) * kArrays * room_);
    for (int set = 0; set < sets; ++set) {
      float* const to = of_set(set);
      const float* const from = statistics + static_cast<std::int64_t>(set) * 2 * channels;
      for (int c = 0; c < channels; ++c) {
        to[c] = from[c];
        to[room_ + c] = weight[c] * from[channels + c];
        to[2 * room_ + c] = bias[c];
      }
    }
  }

  /// What backward subtracts: the mean of g, and of g n.
  void gradient(const float* statistics, const float* sums, std::int64_t pixels, int channels, int sets) {
    for (int set = 0; set < sets; ++set) {
      float* const to = of_set(set);
      const std::int64_t at = static_cast<std::int64_t>(set) * 2 * channels;
      for (int c = 0; c < channels; ++c) {
        const float factor = to[room_ + c], inverse = statistics[at + channels + c];
        const auto count = static_cast<float>(pixels);
        to[3 * room_ + c] = sums ? -factor * (sums[at + c] / count) : 0.0f;
        to[4 * room_ + c] = sums ? factor * inverse * (sums[at + channels + c] / count) : 0.0f;
      }
    }
  }

  NormConstants operator[](std::int64_t set) const {
    const float* const from = of_set(set);
    return {from, from + room_, from + 2 * room_, from + 3 * room_, from + 4 * room_, slope_};
  }

 private:
  static constexpr int kArrays = 5;
  float* of_set(std::int64_t set) const { return data_ + set * kArrays * room_; }

  std::int64_t room_;
  float slope_;
  float* data_;
};

/// f(set, first pixel, pixels) in tasks of a size that fits L2.
template <class F>
void over_pixels(std::int64_t pixels, int channels, int sets, const F& f) {
  const std::int64_t piece = std::max<std::int64_t>(1, kFloats / channels), pieces = (pixels + piece - 1) / piece;
  parallel_for(pieces * sets, [&](std::int64_t task) {
    const std::int64_t set = task / pieces, first = task % pieces * piece;
    f(set, first, std::min(piece, pixels - first));
  });
}

/// f(set, first pixel, pixels, the part's sums, zeroed) for each part.
template <class F>
void over_parts(std::int64_t pixels, int channels, int sets, int parts, float* partial, const F& f) {
  parallel_for(static_cast<std::int64_t>(sets) * parts, [&](std::int64_t task) {
    const std::int64_t part = task % parts, first = pixels * part / parts;
    float* const sums = partial + task * 2 * channels;
    std::memset(sums, 0, 2 * sizeof(float) * channels);
    f(task / parts, first, pixels * (part + 1) / parts - first, sums);
  });
}

}  // namespace

void batch_norm_sums(const float* x, float* partial, std::int64_t pixels, std::int64_t /*plane*/, int channels,
                     int sets, int parts) {
  check("batch_norm_sums", pixels, channels, sets, parts);
  const auto add = active().norm.sums;
  const int room = ceil16(channels);
  float* const shifts = scratch(Scratch::kBias, static_cast<std::size_t>(sets) * room);
  for (std::int64_t set = 0; set < sets; ++set) {
    std::memcpy(shifts + set * room, x + set * pixels * channels, channels * sizeof(float));
  }
  over_parts(pixels, channels, sets, parts, partial,
             [=](std::int64_t set, std::int64_t first, std::int64_t count, float* sums) {
               add(x + (set * pixels + first) * channels, shifts + set * room, sums, count, channels);
             });
}
TWIN(batch_norm_sums)

void batch_norm_statistics(const float* x, const float* partial, float* statistics, float* running_mean,
                           float* running_var, std::int64_t pixels, std::int64_t /*plane*/, int channels, int sets,
                           int parts, float epsilon, float momentum) {
  check("batch_norm_statistics", pixels, channels, sets, parts);
  parallel_ranges(channels, 64, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t set = 0; set < sets; ++set) {
      for (std::int64_t c = first; c < last; ++c) {
        double sum = 0, squares = 0;
        for (std::int64_t part = 0; part < parts; ++part) {
          const float* const from = partial + (set * parts + part) * 2 * channels + c;
          sum += from[0];
          squares += from[channels];
        }
        const auto count = static_cast<double>(pixels);
        const double mean = x[set * pixels * channels + c] + sum / count;
        const double deviation = std::max(squares - sum * sum / count, 0.0);
        statistics[set * 2 * channels + c] = static_cast<float>(mean);
        statistics[set * 2 * channels + channels + c] =
            static_cast<float>(1 / std::sqrt(deviation / count + static_cast<double>(epsilon)));
        if (running_mean != nullptr) {
          running_mean[c] = (1 - momentum) * running_mean[c] + momentum * static_cast<float>(mean);
          running_var[c] = (1 - momentum) * running_var[c] + momentum * static_cast<float>(deviation / (count - 1));
        }
      }
    }
  });
}
TWIN(batch_norm_statistics)

void batch_norm_frozen(const float* running_mean, const float* running_var, float* statistics, int channels,
                       float epsilon) {
  want_at_least("batch_norm_frozen", "channels", 1, channels);
  for (int c = 0; c < channels; ++c) {
    statistics[c] = running_mean[c];
    statistics[channels + c] = 1 / std::sqrt(running_var[c] + epsilon);
  }
}
TWIN(batch_norm_frozen)

void batch_norm_forward(const float* x, const float* statistics, const float* weight, const float* bias, float* y,
                        std::int64_t pixels, std::int64_t /*plane*/, int channels, int sets, float slope) {
  check("batch_norm_forward", pixels, channels, sets, 1);
  const auto forward = active().norm.forward;
  const Constants constants(statistics, weight, bias, channels, sets, slope);
  over_pixels(pixels, channels, sets, [&](std::int64_t set, std::int64_t first, std::int64_t count) {
    const std::int64_t at = (set * pixels + first) * channels;
    forward(x + at, constants[set], y + at, count, channels);
  });
}
TWIN(batch_norm_forward)

void batch_norm_backward_sums(const float* x, const float* dy, const float* statistics, const float* weight,
                              const float* bias, float* partial, std::int64_t pixels, std::int64_t /*plane*/,
                              int channels, int sets, int parts, float slope) {
  check("batch_norm_backward_sums", pixels, channels, sets, parts);
  const auto add = active().norm.backward_sums;
  const Constants constants(statistics, weight, bias, channels, sets, slope);
  over_parts(pixels, channels, sets, parts, partial,
             [&](std::int64_t set, std::int64_t first, std::int64_t count, float* sums) {
               const std::int64_t at = (set * pixels + first) * channels;
               add(x + at, dy + at, constants[set], sums, count, channels);
               const float* const inverse = statistics + set * 2 * channels + channels;
               for (int c = 0; c < channels; ++c) sums[channels + c] *= inverse[c];
             });
}
TWIN(batch_norm_backward_sums)

void batch_norm_backward_weight(const float* partial, float* sums, float* dweight, float* dbias, int channels, int sets,
                                int parts, int accumulate) {
  check("batch_norm_backward_weight", 1, channels, sets, parts);
  parallel_ranges(channels, 64, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t c = first; c < last; ++c) {
      double all = 0, all_products = 0;
      for (std::int64_t set = 0; set < sets; ++set) {
        double sum = 0, products = 0;
        for (std::int64_t part = 0; part < parts; ++part) {
          const float* const from = partial + (set * parts + part) * 2 * channels + c;
          sum += from[0];
          products += from[channels];
        }
        sums[set * 2 * channels + c] = static_cast<float>(sum);
        sums[set * 2 * channels + channels + c] = static_cast<float>(products);
        all += sum;
        all_products += products;
      }
      const auto write = [=](float* to, double value) {
        if (to != nullptr) to[c] = static_cast<float>(accumulate ? to[c] + value : value);
      };
      write(dbias, all);
      write(dweight, all_products);
    }
  });
}
TWIN(batch_norm_backward_weight)

void batch_norm_backward_input(const float* x, const float* dy, const float* statistics, const float* sums,
                               const float* weight, const float* bias, float* dx, std::int64_t pixels,
                               std::int64_t /*plane*/, int channels, int sets, float slope, int frozen,
                               int accumulate) {
  check("batch_norm_backward_input", pixels, channels, sets, 1);
  const auto backward = active().norm.backward_input;
  Constants constants(statistics, weight, bias, channels, sets, slope);
  constants.gradient(statistics, frozen ? nullptr : sums, pixels, channels, sets);
  over_pixels(pixels, channels, sets, [&](std::int64_t set, std::int64_t first, std::int64_t count) {
    const std::int64_t at = (set * pixels + first) * channels;
    backward(x + at, dy + at, constants[set], dx + at, count, channels, accumulate != 0);
  });
}
TWIN(batch_norm_backward_input)

}  // namespace acuity::cpu
