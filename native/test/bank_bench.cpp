// Times the Fourier transform and the frequency bank: `bank_bench [threads] [instruction set] [runs]`. Prints the best
// of the runs: passed, and spent by this thread, which with one thread is what a busy machine leaves comparable.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <vector>

#include "fft.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"

namespace {

using namespace acuity::cpu;

constexpr int kImages = 16, kSize = 192, kSmall = 48, kSets = 8;
constexpr std::size_t kImage = std::size_t{3} * kSize * kSize;

template <class... T>
void call(const char* name, T... values) {
  void* arguments[] = {&values...};
  find_twin(name)->thunk(arguments);
}

struct Tensor {
  float* data;
  explicit Tensor(std::size_t count) : data(static_cast<float*>(allocate_pages((count + 64) * sizeof(float)))) {
    unsigned state = 1;
    for (std::size_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      data[i] = static_cast<float>(state >> 24) / 255;
    }
  }
  ~Tensor() { std::free(data); }
  Tensor(const Tensor&) = delete;
};

double processor_ms() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
}

void report(const char* what, int runs, double megabytes, const std::function<void()>& work) {
  double wall = 1e30, processor = 1e30;
  for (int run = 0; run < runs + 2; ++run) {
    const double spent = processor_ms();
    const auto start = std::chrono::steady_clock::now();
    work();
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (run < 2) continue;
    wall = std::min(wall, ms);
    processor = std::min(processor, processor_ms() - spent);
  }
  std::printf("  %-34s %8.3f ms (thread %8.3f ms) %7.1f GB/s\n", what, wall, processor, megabytes / wall);
}

/// As BankRow in kernels/direct_bank.cu.
struct PlanRow {
  int kind, source;
  float factor;
  int radius_y, radius_x;
  float weights[12];
  int unused[3];
};

std::vector<PlanRow> plan(std::vector<int> kinds, int radius) {
  std::vector<PlanRow> rows;
  for (const int kind : kinds) {
    for (int image = 0; image < kImages; ++image) {
      PlanRow row = {kind, image, 1.7f, radius, radius, {}, {}};
      for (float& weight : row.weights) weight = 1.0f / static_cast<float>(2 * radius + 1);
      rows.push_back(row);
    }
  }
  return rows;
}

void bank(int runs) {
  Tensor hr(kImages * kImage), lr(kImages * kImage / 16), y(kSets * kImages * kImage);
  std::vector<int> tables(16 * kSize);
  for (int axis = 0; axis < 2; ++axis) {
    for (int i = 0; i < 4 * kSize; ++i) {
      tables[8 * kSize * axis + i] = std::min(std::max(i / 4 * (kSmall - 1) / (kSize - 1) + i % 4 - 1, 0), kSmall - 1);
      const float weight = 0.25f;
      std::memcpy(&tables[8 * kSize * axis + 4 * kSize + i], &weight, sizeof weight);
    }
  }
  const auto time = [&](const char* what, std::vector<PlanRow> rows, bool haar) {
    float *from = hr.data, *small = lr.data, *to = y.data;
    PlanRow* p = rows.data();
    int *t = tables.data(), count = static_cast<int>(rows.size()), n = kImages, size = kSize, low = kSmall;
    const double written = static_cast<double>(count) * kImage * (haar ? 0.75 : 1);
    report(what, runs, 4e-6 * (written + 1.06 * kImages * kImage), [&] {
      call(haar ? "direct_bank_haar" : "direct_bank_forward", from, small, p, t, to, count, n, size, size, low, low);
    });
  };
  std::printf("bank, %d x 3 x %d x %d; GB/s of what is read and written once\n", kImages, kSize, kSize);
  const std::vector<int> all = {0, 1, 1, 1, 3, 2, 2, 2};
  for (const bool haar : {false, true}) {
    time(haar ? "4 + 4 sets, 7 taps, haar" : "4 + 4 sets, 7 taps", plan(all, 3), haar);
    time(haar ? "4 + 4 sets, 11 taps, haar" : "4 + 4 sets, 11 taps", plan(all, 5), haar);
    time(haar ? "copy, haar" : "copy", plan({0}, 0), haar);
    time(haar ? "sharpen, haar" : "sharpen", plan({1}, 0), haar);
    time(haar ? "blur 7, haar" : "blur 7", plan({2}, 3), haar);
    time(haar ? "blur 11, haar" : "blur 11", plan({2}, 5), haar);
    time(haar ? "enlarge, haar" : "enlarge", plan({3}, 0), haar);
  }
  float *from = y.data, *to = hr.data;
  Tensor bands(kImages * kImage);
  float* b = bands.data;
  int n = kImages, size = kSize, c = 3;
  const double bytes = 4e-6 * 1.75 * kImages * kImage;
  report("haar_transform_forward", runs, bytes, [&] { call("haar_transform_forward", from, b, n, size, size, c); });
  report("haar_transform_backward", runs, bytes, [&] { call("haar_transform_backward", b, to, n, size, size, c, 0); });
  report("floor: 8 copies of a batch", runs, 4e-6 * 9 * kImages * kImage, [&] {
    parallel_for(kSets * kImages, [&](std::int64_t i) {
      std::memcpy(y.data + i * kImage, hr.data + i % kImages * kImage, kImage * sizeof(float));
    });
  });
}

void fft(int batch, int size, int runs) {
  const std::size_t count = static_cast<std::size_t>(batch) * size * size;
  Tensor x(count), z(static_cast<std::size_t>(batch) * size * (size + 2));
  const double bytes = 4e-6 * (2 * count + 2.0 * batch * size);
  std::printf("fft, %d planes of %d x %d\n", batch, size, size);
  report("forward", runs, bytes, [&] { fft2d(false, batch, size, size, x.data, z.data); });
  report("inverse", runs, bytes, [&] { fft2d(true, batch, size, size, z.data, x.data); });
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) set_threads(std::atoi(arguments[1]));
  if (count > 2) set_isa(arguments[2]);
  const int runs = count > 3 ? std::atoi(arguments[3]) : 50;
  std::printf("%s, %d threads, best of %d\n", isa(), threads(), runs);
  fft(48, 192, runs);
  fft(3, 1024, runs / 4 + 1);
  bank(runs);
  return 0;
}
