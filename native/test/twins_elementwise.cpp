// The elementwise twins, the loss, the optimizer, and those that move pixels, against the formulas written down.
#include <algorithm>
#include <functional>

#include "twins_check.h"

namespace twins {
namespace {

const std::int64_t kCounts[] = {1, 7, 16, 1031, 70001};

std::vector<double> formula(std::int64_t count, const std::function<double(std::int64_t)>& f) {
  std::vector<double> values(count);
  for (std::int64_t i = 0; i < count; ++i) values[i] = f(i);
  return values;
}

/// Checks backward(dx, accumulate) both ways.
void check_gradient(const std::string& what, std::int64_t count, const std::function<double(std::int64_t)>& want,
                    const std::function<void(float*, int)>& backward) {
  const Floats before = random_floats(count, 99);
  Floats dx(count, NAN), added = before;
  backward(dx.data(), 0);
  expect_near(dx, formula(count, want), 2e-7, what);
  backward(added.data(), 1);
  expect_near(added, formula(count, [&](std::int64_t i) { return want(i) + before[i]; }), 2e-7, what + ", accumulated");
}

void activations(std::int64_t count) {
  Floats x = random_floats(count, 1), dy = random_floats(count, 2), y(count, NAN);
  x[0] = 0;
  call("relu_forward", x.data(), y.data(), count);
  expect_near(y, formula(count, [&](std::int64_t i) { return std::max(x[i], 0.0f); }), 0, "relu_forward");
  check_gradient(
      "relu_backward", count, [&](std::int64_t i) { return x[i] > 0 ? dy[i] : 0; },
      [&](float* dx, int add) { call("relu_backward", x.data(), dy.data(), dx, count, add); });
  call("leaky_relu_forward", x.data(), y.data(), 0.2f, count);
  expect_near(y, formula(count, [&](std::int64_t i) { return x[i] > 0 ? x[i] : 0.2f * x[i]; }), 1e-7,
              "leaky_relu_forward");
  check_gradient(
      "leaky_relu_backward", count, [&](std::int64_t i) { return x[i] > 0 ? dy[i] : 0.2f * dy[i]; },
      [&](float* dx, int add) { call("leaky_relu_backward", x.data(), dy.data(), dx, 0.2f, count, add); });
  Floats nan(1, NAN);
  call("relu_forward", nan.data(), y.data(), std::int64_t(1));
  expect(std::isnan(y[0]), "relu_forward keeps a NaN");
}

void sums(std::int64_t count) {
  const Floats a = random_floats(count, 3), b = random_floats(count, 4);
  Floats y(count, NAN);
  call("add_forward", a.data(), b.data(), y.data(), count);
  expect_near(y, formula(count, [&](std::int64_t i) { return double(a[i]) + b[i]; }), 1e-7, "add_forward");
  check_gradient(
      "add_backward", count, [&](std::int64_t i) { return a[i]; },
      [&](float* dx, int add) { call("add_backward", a.data(), dx, count, add); });
  call("scale_forward", a.data(), y.data(), 0.37f, count);
  expect_near(y, formula(count, [&](std::int64_t i) { return 0.37f * a[i]; }), 1e-7, "scale_forward");
  check_gradient(
      "scale_backward", count, [&](std::int64_t i) { return 0.37f * a[i]; },
      [&](float* dx, int add) { call("scale_backward", a.data(), dx, 0.37f, count, add); });
  Floats colours = random_floats(3 * count, 5), shifted(3 * count, NAN);
  const float mean[] = {0.1f, -0.2f, 0.3f};
  call("mean_shift_forward", colours.data(), shifted.data(), mean[0], mean[1], mean[2], count);
  expect_near(shifted, formula(3 * count, [&](std::int64_t i) { return double(colours[i]) + mean[i % 3]; }), 1e-7,
              "mean_shift_forward");
  Floats ema = a;
  const float decay = 0.99f;
  const std::int32_t good = 0, wrong = 2;
  call("ema_step", ema.data(), b.data(), &decay, &wrong, count);
  expect_near(ema, formula(count, [&](std::int64_t i) { return double(a[i]); }), 0, "ema_step of a wrong step");
  call("ema_step", ema.data(), b.data(), &decay, &good, count);
  expect_near(ema, formula(count, [&](std::int64_t i) { return 0.99f * double(a[i]) + 0.01 * b[i]; }), 3e-7,
              "ema_step");
}

void loss(std::int64_t count) {
  const Floats a = random_floats(count, 6);
  Floats b = random_floats(count, 7), partial(256, NAN), total(1, NAN);
  b[0] = a[0];
  double sum = 0;
  const std::int64_t range = (count + 255) / 256;
  std::vector<double> parts(256);
  for (std::int64_t i = 0; i < count; ++i) {
    parts[i / range] += std::fabs(double(a[i]) - b[i]);
    sum += std::fabs(double(a[i]) - b[i]);
  }
  call("l1_loss_forward", a.data(), b.data(), partial.data(), count);
  expect_near(partial, parts, 1e-6, "l1_loss_forward");
  call("l1_loss_reduce", partial.data(), total.data(), 256, 1.0f / count);
  expect_near(total, {sum / count}, 1e-6, "l1_loss_reduce");
  const float dloss = 1.5f, factor = 0.25f;
  check_gradient(
      "l1_loss_backward", count, [&](std::int64_t i) { return a[i] > b[i]   ? 0.375
                                                              : a[i] < b[i] ? -0.375
                                                                            : 0; },
      [&](float* da, int add) { call("l1_loss_backward", a.data(), b.data(), &dloss, da, factor, count, add); });
}

/// Three steps, with and without clamping, against the formula in double.
void adam(std::int64_t count) {
  for (const float clamp : {0.0f, 0.4f}) {
    Floats weight = random_floats(count, 8), m(count), v(count);
    std::vector<double> want(count), dm(count), dv(count);
    for (std::int64_t i = 0; i < count; ++i) want[i] = weight[i];
    float settings[8] = {1e-2f, 0.9f, 0.999f, 1e-8f, 0, 0, clamp, 0};
    std::int64_t steps = 0;
    for (int t = 1; t <= 3; ++t) {
      const Floats gradient = random_floats(count, 10 + t);
      const double beta1 = 0.9, beta2 = 0.999, one = 1 - std::pow(beta1, t), two = 1 - std::pow(beta2, t);
      const std::int32_t good = 0, wrong = 5;
      for (const std::int32_t* finding : {&wrong, t == 2 ? nullptr : &good}) {
        call("adam_corrections", settings, &steps, finding);
        call("adam_step", weight.data(), gradient.data(), m.data(), v.data(), settings, finding, count);
      }
      expect(steps == t, "adam_corrections counts good steps");
      expect(std::fabs(settings[4] - one) < 1e-7 && std::fabs(settings[5] - two) < 5e-8, "adam_corrections");
      for (std::int64_t i = 0; i < count; ++i) {
        const double g = clamp > 0 ? std::clamp<double>(gradient[i], -clamp, clamp) : gradient[i];
        dm[i] = beta1 * dm[i] + (1 - beta1) * g;
        dv[i] = beta2 * dv[i] + (1 - beta2) * g * g;
        want[i] -= 1e-2 * (dm[i] / one) / (std::sqrt(dv[i] / two) + 1e-8);
      }
    }
    expect_near(weight, want, 2e-6, "adam_step weight");
    expect_near(m, dm, 2e-6, "adam_step m");
    expect_near(v, dv, 2e-5, "adam_step v");  // 1 - 0.999f differs from 0.001 by 1.3e-5
  }
}

void pixels(std::int64_t count) {
  Guarded<std::uint8_t> bytes(count), bytes_back(count);
  Guarded<std::uint16_t> words(count), words_back(count);
  for (std::int64_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 37);
    words[i] = static_cast<std::uint16_t>(i * 40503);
  }
  Floats y(count, NAN);
  call("u8_to_tensor", bytes.data(), y.data(), 1 / 255.0f, count);
  expect_near(y, formula(count, [&](std::int64_t i) { return bytes[i] / 255.0; }), 2e-7, "u8_to_tensor");
  call("tensor_to_u8", y.data(), bytes_back.data(), 255.0f, count);
  expect(bytes_back.same_bits(bytes) && bytes_back.guards_stand(), "tensor_to_u8 gives the bytes back");
  call("u16_to_tensor", words.data(), y.data(), 1 / 65535.0f, count);
  expect_near(y, formula(count, [&](std::int64_t i) { return words[i] / 65535.0; }), 2e-7, "u16_to_tensor");
  call("tensor_to_u16", y.data(), words_back.data(), 65535.0f, count);
  expect(words_back.same_bits(words) && words_back.guards_stand(), "tensor_to_u16 gives the words back");
}

/// Of four images the second and the last have one such number, at their ends.
void finite(std::int64_t count) {
  Floats x = random_floats(4 * count, 17);
  x[0] = 3.402823466e38f;
  x[2 * count - 1] = NAN;
  x[3 * count] = -INFINITY;
  std::int32_t wrong[] = {0, 0, 0, 0, 7};
  call("finite_check", x.data(), &wrong[0], count, 4);
  const std::int32_t want[] = {0, 1, 0, 1, 7};
  expect(std::memcmp(wrong, want, sizeof want) == 0, "finite_check finds the images");
}

}  // namespace

void test_elementwise() {
  for (const std::int64_t count : kCounts) {
    activations(count);
    sums(count);
    loss(count);
    adam(count);
    pixels(count);
    finite(count);
  }
  const float edges[] = {-1e30f, -0.1f, 0.49f, 0.5f, 1.5f, 254.49f, 254.5f, 255.4f, 1e30f, INFINITY, -INFINITY, NAN};
  const std::uint8_t want[] = {0, 0, 0, 1, 2, 254, 255, 255, 255, 255, 0, 0};
  std::uint8_t have[12];
  call("tensor_to_u8", &edges[0], &have[0], 1.0f, std::int64_t(12));
  expect(std::memcmp(have, want, sizeof want) == 0, "tensor_to_u8 rounds half up and clamps");
}

namespace {

void shuffle(int n, int h, int w, int channels, int r) {
  const std::int64_t count = std::int64_t(n) * h * w * channels * r * r;
  const Floats x = random_floats(count, 51);
  Floats y(count, NAN);
  std::vector<double> want(count);
  std::vector<std::int64_t> where(count);
  std::int64_t i = 0;
  for (int image = 0; image < n; ++image)
    for (int row = 0; row < h; ++row)
      for (int column = 0; column < w; ++column)
        for (int c = 0; c < channels * r * r; ++c, ++i) {
          const int big_row = row * r + c / r % r, big_column = column * r + c % r;
          where[i] = ((std::int64_t(image) * h * r + big_row) * w * r + big_column) * channels + c / (r * r);
          want[where[i]] = x[i];
        }
  call("pixel_shuffle_forward", x.data(), y.data(), n, h, w, channels, r);
  expect_near(y, want, 0, "pixel_shuffle_forward");
  check_gradient(
      "pixel_shuffle_backward", count, [&](std::int64_t at) { return y[where[at]]; },
      [&](float* dx, int add) { call("pixel_shuffle_backward", y.data(), dx, n, h, w, channels, r, add); });
}

void patches() {
  const int height = 11, width = 13, channels = 3, size = 5;
  std::vector<std::uint8_t> picture(height * width * channels);
  for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<std::uint8_t>(i * 31 + i / 7);
  std::vector<std::int64_t> plan;
  for (int flags = 0; flags < 8; ++flags) {
    plan.insert(plan.end(), {std::int64_t((flags % 4 + 1) * width + flags) * channels, width * channels, flags, 0});
  }
  Floats y(8 * size * size * channels, NAN);
  std::vector<double> want(y.size());
  std::size_t at = 0;
  for (int flags = 0; flags < 8; ++flags)
    for (int i = 0; i < size; ++i)
      for (int j = 0; j < size; ++j)
        for (int c = 0; c < channels; ++c) {
          int r = flags & 4 ? j : i, s = flags & 4 ? i : j;
          if (flags & 2) r = size - 1 - r;
          if (flags & 1) s = size - 1 - s;
          want[at++] = picture[((flags % 4 + 1 + r) * width + flags + s) * channels + c] / 255.0f;
        }
  call("patch_crop_forward", picture.data(), plan.data(), y.data(), 8, size, channels);
  expect_near(y, want, 0, "patch_crop_forward");
}

void resize(int n, int h, int w, int c, int taps, int to) {
  const Floats x = random_floats(std::size_t(n) * h * w * c, 61);
  const auto indices = [&](int from) {
    std::vector<std::int32_t> index(to * taps);
    for (int i = 0; i < to * taps; ++i) index[i] = (i * 7 + i / 3) % from;
    return index;
  };
  const Floats weight = random_floats(to * taps, 62);
  const auto rows = indices(h), columns = indices(w);
  Floats tall(std::size_t(n) * to * w * c, NAN), wide(std::size_t(n) * h * to * c, NAN);
  std::vector<double> want_tall(tall.size()), want_wide(wide.size());
  for (int image = 0; image < n; ++image)
    for (int channel = 0; channel < c; ++channel)
      for (int r = 0; r < to; ++r)
        for (int k = 0; k < taps; ++k) {
          const double factor = weight[r * taps + k];
          for (int column = 0; column < w; ++column)
            want_tall[((image * to + r) * w + column) * c + channel] +=
                factor * x[((image * h + rows[r * taps + k]) * w + column) * c + channel];
          for (int row = 0; row < h; ++row)
            want_wide[((image * h + row) * to + r) * c + channel] +=
                factor * x[((image * h + row) * w + columns[r * taps + k]) * c + channel];
        }
  call("bicubic_rows", x.data(), rows.data(), weight.data(), tall.data(), n, h, to, w, c, taps);
  expect_near(tall, want_tall, 1e-6, "bicubic_rows");
  call("bicubic_columns", x.data(), columns.data(), weight.data(), wide.data(), n, h, w, to, c, taps);
  expect_near(wide, want_wide, 1e-6, "bicubic_columns");
}

void regions(int accumulate) {
  const int n = 2, c = 3, h_x = 7, w_x = 9, h_y = 8, w_y = 6, h = 4, w = 3;
  const Floats x = random_floats(n * h_x * w_x * c, 71);
  Floats y = random_floats(n * h_y * w_y * c, 72);
  std::vector<double> want(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) want[i] = y[i];
  for (int image = 0; image < n; ++image)
    for (int row = 0; row < h; ++row)
      for (int i = 0; i < w * c; ++i) {
        const float value = x[((image * h_x + 2 + row) * w_x + 5) * c + i];
        double& to = want[((image * h_y + 3 + row) * w_y + 1) * c + i];
        to = accumulate ? to + value : value;
      }
  call("region_copy", x.data(), y.data(), n, c, h_x, w_x, h_y, w_y, 2, 5, 3, 1, h, w, accumulate);
  expect_near(y, want, 1e-7, "region_copy");
}

void rejected(const std::function<void()>& work, const std::string& sentence) {
  try {
    work();
    fail("accepted, where wanted: " + sentence);
  } catch (const std::exception& error) {
    expect(error.what() == sentence, std::string("said '") + error.what() + "', wanted '" + sentence + "'");
  }
}

}  // namespace

void test_images() {
  shuffle(1, 1, 1, 1, 1);
  shuffle(2, 3, 5, 3, 2);
  shuffle(1, 4, 3, 64, 3);
  shuffle(1, 2, 7, 5, 4);
  patches();
  resize(2, 5, 7, 3, 4, 11);
  resize(1, 9, 3, 64, 1, 2);
  regions(0);
  regions(1);
  float numbers[64] = {};
  float* p = numbers;
  const float* none = nullptr;
  rejected([&] { call("region_copy", p, p, 1, 1, 4, 4, 4, 4, 2, 0, 0, 0, 3, 1, 0); },
           "region_copy rows of x: want a part of [0, 4), have [2, 5)");
  rejected([&] { call("conv3x3_forward", p, p, none, none, p, 1, 1, 1, 1, 4, 4, 0, 1.0f); },
           "conv3x3_forward shuffle: want 1 to 3, have 4");
  rejected([&] { call("conv3x3_forward", p, p, none, none, p, 1, 1, 1, 1, 6, 2, 0, 1.0f); },
           "conv3x3_forward out: want a multiple of 4, have 6");
  rejected([&] { call("conv5x5_forward", p, p, none, p, 0, 1, 1, 1, 1, 1); },
           "conv5x5_forward n: want at least 1, have 0");
  rejected([&] { call("conv3x3_forward", none, p, none, none, p, 1, 1, 1, 1, 1, 1, 0, 1.0f); },
           "conv3x3_forward x: want a pointer, have null");
  rejected([] { acuity::cpu::set_isa("sse9"); }, "instruction set: want avx512, avx2 or plain, have sse9");
  rejected([] { acuity::cpu::set_threads(0); }, "threads: want 1 to 1024, have 0");
}

}  // namespace twins
