// The real Fourier transform against its definition in double precision, at sizes of every radix and with partial
// blocks.
#include <complex>

#include "fft.h"
#include "twins_check.h"

namespace twins {
namespace {

using Number = std::complex<double>;
constexpr double kTwoPi = 6.283185307179586476925;

/// sum over i of from[i * stride] exp(sign 2 pi i k / n), for all k.
void slow(std::vector<Number>& plane, std::size_t first, std::size_t stride, int n, double sign) {
  std::vector<Number> sums(n);
  for (int k = 0; k < n; ++k) {
    for (int i = 0; i < n; ++i) {
      sums[k] += plane[first + i * stride] * std::polar(1.0, sign * kTwoPi * (static_cast<long>(i) * k % n) / n);
    }
  }
  for (int k = 0; k < n; ++k) plane[first + k * stride] = sums[k];
}

void slow2d(std::vector<Number>& plane, int h, int w, double sign) {
  for (int y = 0; y < h; ++y) slow(plane, static_cast<std::size_t>(y) * w, 1, w, sign);
  for (int x = 0; x < w; ++x) slow(plane, x, w, h, sign);
}

std::string text(int batch, int h, int w) {
  return std::to_string(batch) + " x " + std::to_string(h) + " x " + std::to_string(w) + " on " + acuity::cpu::isa();
}

void check_size(int batch, int h, int w) {
  const std::size_t plane = static_cast<std::size_t>(h) * w, half = w / 2 + 1, spectrum = 2 * h * half;
  const Floats x = random_floats(batch * plane, h * 1000 + w);
  Floats z(batch * spectrum, NAN), back(batch * plane, NAN);
  acuity::cpu::fft2d(false, batch, h, w, x.data(), z.data());
  std::vector<double> want;
  for (int b = 0; b < batch; ++b) {
    std::vector<Number> values(x.data() + b * plane, x.data() + (b + 1) * plane);
    slow2d(values, h, w, -1);
    for (int y = 0; y < h; ++y) {
      for (std::size_t k = 0; k < half; ++k) {
        want.push_back(values[y * w + k].real());
        want.push_back(values[y * w + k].imag());
      }
    }
  }
  expect_near(z, want, 4e-7, "fft " + text(batch, h, w));
  acuity::cpu::fft2d(true, batch, h, w, z.data(), back.data());
  std::vector<double> scaled(batch * plane);
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] = static_cast<double>(x[i]) * h * w;
  expect_near(back, scaled, 6e-7, "inverse fft " + text(batch, h, w));
}

/// Any half spectrum: what has no place in the spectrum of a real plane is left out, as if its mirror image had been
/// averaged with it along the rows.
void check_any_spectrum(int h, int w) {
  const std::size_t half = w / 2 + 1;
  const Floats z = random_floats(2 * h * half, 5);
  Floats back(static_cast<std::size_t>(h) * w, NAN);
  acuity::cpu::fft2d(true, 1, h, w, z.data(), back.data());
  std::vector<Number> columns(static_cast<std::size_t>(h) * half);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = {z[2 * i], z[2 * i + 1]};
  for (std::size_t k = 0; k < half; ++k) slow(columns, k, half, h, 1);
  std::vector<Number> plane(static_cast<std::size_t>(h) * w);
  for (int y = 0; y < h; ++y) {
    for (std::size_t k = 0; k < half; ++k) {
      const bool real = k == 0 || 2 * k == static_cast<std::size_t>(w);
      const Number value = real ? columns[y * half + k].real() : columns[y * half + k];
      plane[y * w + k] = value;
      if (!real) plane[y * w + w - k] = std::conj(value);
    }
    slow(plane, static_cast<std::size_t>(y) * w, 1, w, 1);
  }
  std::vector<double> want(plane.size());
  for (std::size_t i = 0; i < plane.size(); ++i) want[i] = plane[i].real();
  expect_near(back, want, 6e-7, "inverse fft of any spectrum " + text(1, h, w));
}

/// A plane's bits depend neither on its neighbours nor on the threads.
void check_bits(int h, int w) {
  const int batch = 9;
  const std::size_t plane = static_cast<std::size_t>(h) * w, spectrum = 2 * h * (w / 2 + 1);
  const Floats x = random_floats(batch * plane, 3);
  Floats together(batch * spectrum, NAN), alone(spectrum, NAN), same(batch * spectrum, NAN);
  acuity::cpu::fft2d(false, batch, h, w, x.data(), together.data());
  acuity::cpu::fft2d(false, 1, h, w, x.data() + 4 * plane, alone.data());
  expect(std::memcmp(alone.data(), together.data() + 4 * spectrum, spectrum * sizeof(float)) == 0,
         "fft: a plane alone has the bits it has among others");
  const int before = acuity::cpu::threads();
  acuity::cpu::set_threads(1);
  acuity::cpu::fft2d(false, batch, h, w, x.data(), same.data());
  acuity::cpu::set_threads(before);
  expect(same.same_bits(together), "fft: one thread gives the bits of several");
}

void check_refusals() {
  Floats x(64, 0), z(128, 0);
  try {
    acuity::cpu::fft2d(false, 1, 17, 2, x.data(), z.data());
    fail("fft of 17 rows is refused");
  } catch (const std::exception& refused) {
    expect(std::string(refused.what()) == "fft size: want a product of 2, 3, 5, 7, 11 and 13, have 17", refused.what());
  }
}

}  // namespace

void test_fft() {
  const std::string chosen = acuity::cpu::isa();
  for (const char* set : {"avx512", "avx2", "plain"}) {
    try {
      acuity::cpu::set_isa(set);
    } catch (const std::exception&) {
      continue;  // main has said so
    }
    for (const int n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 25, 30, 31 - 1, 33, 48, 65, 96, 128}) {
      check_size(1, n, 12);
      check_size(2, 10, n);
    }
    for (const auto& [h, w] : {std::pair{1, 1}, {48, 35}, {35, 33}, {192, 192}, {64, 100}, {77, 26}}) {
      check_size(1, h, w);
    }
    check_size(13, 40, 66);
    check_any_spectrum(12, 16);
    check_any_spectrum(9, 15);
    check_bits(40, 36);
  }
  acuity::cpu::set_isa(chosen.c_str());
  check_refusals();
}

}  // namespace twins
