// The speed limits of this machine, measured: fused multiply-adds that leave no cache, and copies that fit in none.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "acuity.h"
#include "error.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

template <int lanes>
struct Floats {
  typedef float Vector __attribute__((vector_size(lanes * sizeof(float))));
};

// Multiplies and adds in independent chains of vectors, enough to hide the latency of two units. Returns a value that
// depends on all, so that nothing is optimised away.
template <int lanes, int chains>
[[gnu::always_inline]] inline float multiply_add(long rounds) {
  using Vector = typename Floats<lanes>::Vector;
  Vector sums[chains];
  Vector factor = {}, term = {};
  factor += 0.9999f;
  term += 0.0001f;
  for (int i = 0; i < chains; ++i) sums[i] = factor * static_cast<float>(i + 1);
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < chains; ++i) sums[i] = sums[i] * factor + term;
  }
  Vector total = sums[0];
  for (int i = 1; i < chains; ++i) total += sums[i];
  float sum = 0;
  for (int i = 0; i < lanes; ++i) sum += total[i];
  return sum;
}

struct Path {
  int lanes, chains;
  float (*run)(long rounds);
};

#if defined(__x86_64__)
__attribute__((target("avx512f"))) float run_avx512(long rounds) { return multiply_add<16, 24>(rounds); }
__attribute__((target("avx2,fma"))) float run_avx2(long rounds) { return multiply_add<8, 12>(rounds); }
#endif
float run_plain(long rounds) { return multiply_add<4, 12>(rounds); }

// The widest this processor has, whatever the twins are set to: the peak is the machine's.
Path widest() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return {16, 24, run_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {8, 12, run_avx2};
#endif
  return {4, 12, run_plain};
}

std::atomic<float> sink;

// The best of several rounds in which all threads work at once: seconds.
template <class Work>
double best_time(int threads, int rounds, Work work) {
  double best = 1e30;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> ready{0};
    std::vector<double> spans(static_cast<size_t>(threads));
    std::vector<std::thread> pool;
    for (int t = 0; t < threads; ++t) {
      pool.emplace_back([&, t] {
        ready.fetch_add(1);
        while (ready.load() < threads) std::this_thread::yield();
        auto start = Clock::now();
        work(t);
        spans[static_cast<size_t>(t)] = seconds_since(start);
      });
    }
    for (auto& thread : pool) thread.join();
    best = std::min(best, *std::max_element(spans.begin(), spans.end()));
  }
  return best;
}

double measure_gflops(int threads) {
  Path path = widest();
  auto warm = Clock::now();
  sink = path.run(100000);
  double each = std::max(seconds_since(warm), 1e-6) / 100000;
  long rounds = static_cast<long>(0.02 / each);
  double seconds = best_time(threads, 8, [&](int) { sink = path.run(rounds); });
  return 2.0 * path.lanes * path.chains * static_cast<double>(rounds) * threads / seconds / 1e9;
}

double measure_copy(int threads) {
  constexpr size_t bytes = size_t{64} << 20;
  struct Pages {
    explicit Pages(size_t size) : bytes_(size), at_(static_cast<char*>(acuity_allocate(static_cast<int64_t>(size)))) {
      if (at_ == nullptr) throw std::bad_alloc();
      std::memset(at_, 1, size);
    }
    ~Pages() { acuity_release(at_, static_cast<int64_t>(bytes_)); }
    size_t bytes_;
    char* at_;
  };
  Pages from(bytes), to(bytes);
  size_t part = bytes / static_cast<size_t>(threads) / 64 * 64;
  double seconds = best_time(threads, 8, [&](int t) {
    size_t begin = static_cast<size_t>(t) * part;
    std::memcpy(to.at_ + begin, from.at_ + begin, part);
  });
  return 2.0 * static_cast<double>(part) * threads / seconds / 1e9;
}

}  // namespace

int acuity_measure_peak(int threads, double* gflops, double* copy_gb_per_s) {
  return acuity::guarded("acuity_measure_peak", [&]() -> std::string {
    if (threads < 1 || threads > 1024) {
      return "acuity_measure_peak: want 1 to 1024 threads, have " + std::to_string(threads);
    }
    if (gflops != nullptr) *gflops = measure_gflops(threads);
    if (copy_gb_per_s != nullptr) *copy_gb_per_s = measure_copy(threads);
    return {};
  });
}
