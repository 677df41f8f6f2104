// What the tests of the CPU twins share: calls by name, guarded arrays, and the count of failures.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "twin.h"

namespace twins {

inline int failures = 0;

inline void fail(const std::string& what) {
  ++failures;
  std::printf("FAILED %s\n", what.c_str());
}

inline void expect(bool good, const std::string& what) {
  if (!good) fail(what);
}

/// Calls a twin as the ABI does; the arguments' kinds must be those of its signature.
template <class... T>
void call(const std::string& name, T... values) {
  const acuity::cpu::Twin* twin = acuity::cpu::find_twin(name.c_str());
  if (twin == nullptr) return fail(name + ": no such twin");
  const std::string given = {acuity::cpu::argument_kind<T>()...};
  if (given != twin->signature) return fail(name + " takes " + twin->signature + ", was given " + given);
  void* arguments[] = {&values...};
  twin->thunk(arguments);
}

/// Numbers with sentinels on both sides.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::size_t count, T value = T()) : all_(kGuard, kSentinel), count_(count) {
    all_.resize(kGuard + count, value);
    all_.resize(kGuard + count + kGuard, kSentinel);
  }

  T* data() { return all_.data() + kGuard; }
  const T* data() const { return all_.data() + kGuard; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) { return all_[kGuard + i]; }
  const T& operator[](std::size_t i) const { return all_[kGuard + i]; }
  bool same_bits(const Guarded& other) const {
    return count_ == other.count_ && std::memcmp(data(), other.data(), count_ * sizeof(T)) == 0;
  }

  bool guards_stand() const {
    for (std::size_t i = 0; i < kGuard; ++i) {
      if (all_[i] != kSentinel || all_[kGuard + count_ + i] != kSentinel) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 67;  // odd: the data are not aligned to a vector
  static constexpr T kSentinel = static_cast<T>(-77);
  std::vector<T> all_;
  std::size_t count_;
};

using Floats = Guarded<float>;

/// Numbers in (-1, 1), the same for the same seed.
inline Floats random_floats(std::size_t count, std::uint32_t seed) {
  Floats numbers(count);
  std::uint32_t state = seed * 2654435761u + 12345u;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    numbers[i] = static_cast<float>(state >> 8) / (1 << 23) - 1;
  }
  return numbers;
}

/// Largest difference relative to the largest value.
inline double worst_error(const Floats& have, const std::vector<double>& want) {
  double largest = 0, worst = 0;
  for (const double value : want) largest = std::fmax(largest, std::fabs(value));
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double error = std::fabs(have[i] - want[i]);
    if (!(error <= worst)) worst = std::isnan(error) ? INFINITY : error;
  }
  return largest == 0 ? worst : worst / largest;
}

/// Within `limit` of the truth, and nothing written outside.
inline void expect_near(const Floats& have, const std::vector<double>& want, double limit, const std::string& what) {
  expect(have.guards_stand(), what + ": wrote outside its output");
  const double error = worst_error(have, want);
  if (!(error <= limit))
    fail(what + ": error " + std::to_string(error * 1e6) + "e-6, limit " + std::to_string(limit * 1e6) + "e-6");
}

void test_bank();
void test_fft();
void test_convolutions();
void test_convolution_bits();
void test_embedding_bits();
void test_contrast();
void test_conv1x1();
void test_elementwise();
void test_images();
void test_pool();
void test_registry();

}  // namespace twins
