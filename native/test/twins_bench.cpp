// Times the convolution twins: `twins_bench [threads] [instruction set] [runs] [part of a shape's text]`. Prints the
// best of the runs, and GFLOP/s of the direct convolution (2 operations a multiply-add), so that Winograd can show more
// than the processor's peak.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "scratch.h"
#include "twin.h"

namespace {

using namespace acuity::cpu;

template <class... T>
void call(const std::string& name, T... values) {
  void* arguments[] = {&values...};
  find_twin(name.c_str())->thunk(arguments);
}

struct Tensor {
  float* data;
  explicit Tensor(std::size_t count) : data(static_cast<float*>(allocate_pages((count + 64) * sizeof(float)))) {
    unsigned state = 1;
    for (std::size_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      data[i] = static_cast<float>(state >> 8) / (1 << 23) - 1;
    }
  }
  ~Tensor() { std::free(data); }
  Tensor(const Tensor&) = delete;
};

/// Milliseconds of a call: passed, and spent by this thread, which with one thread is what a busy machine leaves
/// comparable.
struct Time {
  double wall = 1e30;
  double processor = 1e30;
};

double processor_ms() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
}

Time best_of(int runs, const std::function<void()>& work) {
  Time best;
  for (int run = 0; run < runs + 2; ++run) {
    const double processor = processor_ms();
    const auto start = std::chrono::steady_clock::now();
    work();
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (run < 2) continue;
    best.wall = std::min(best.wall, ms);
    best.processor = std::min(best.processor, processor_ms() - processor);
  }
  return best;
}

void report(const char* pass, Time time, double gflop) {
  std::printf("  %-16s %9.3f ms (thread %9.3f ms) %8.1f GFLOP/s\n", pass, time.wall, time.processor,
              gflop / time.wall * 1000);
}

void convolution(int k, int n, int h, int w, int in, int out, int shuffle, int runs, const std::string& wanted) {
  const std::string op = k == 3 ? "conv3x3" : "conv5x5";
  char title[200];
  std::snprintf(title, sizeof title, "%s %d>%d shuffle %d, %d x %d x %d", op.c_str(), in, out, shuffle, n, w, h);
  if (std::string(title).find(wanted) == std::string::npos) return;
  const long pixels = static_cast<long>(n) * h * w;
  Tensor x(pixels * in), y(pixels * out), dx(pixels * in), weight(static_cast<long>(out) * in * k * k),
      dweight(static_cast<long>(out) * in * k * k), bias(out), dbias(out);
  const long packed = 36L * ((in + 15) / 16 * 16) * ((out + 15) / 16 * 16);
  Tensor forward(packed), backward(packed);
  float *xp = x.data, *yp = y.data, *dxp = dx.data, *wp = weight.data, *dwp = dweight.data, *bp = bias.data,
        *dbp = dbias.data, *fp = forward.data, *gp = backward.data, *none = nullptr;
  std::puts(title);
  const double gflop = 2e-9 * pixels * in * out * k * k;
  report("pack", best_of(runs, [&] { call(op + "_pack_forward", wp, fp, in, out, shuffle); }), 0);
  call(op + "_pack_backward", wp, gp, in, out, shuffle);
  report("forward",
         best_of(runs,
                 [&] {
                   if (k == 3) {
                     call(op + "_forward", xp, fp, bp, none, yp, n, h, w, in, out, shuffle, 0, 1.0f);
                   } else {
                     call(op + "_forward", xp, fp, bp, yp, n, h, w, in, out, shuffle);
                   }
                 }),
         gflop);
  report("backward_input",
         best_of(runs, [&] { call(op + "_backward_input", yp, gp, none, dxp, n, h, w, in, out, shuffle, 1.0f, 0); }),
         gflop);
  report("backward_weight",
         best_of(runs, [&] { call(op + "_backward_weight", xp, yp, dwp, dbp, n, h, w, in, out, shuffle, 1.0f, 0); }),
         gflop);
}

void strided(int n, int h, int in, int out, int runs, const std::string& wanted) {
  char title[200];
  std::snprintf(title, sizeof title, "strided_conv3x3 %d>%d, %d x %d x %d", in, out, n, h, h);
  if (std::string(title).find(wanted) == std::string::npos) return;
  const int small = (h + 1) / 2;
  const long inputs = static_cast<long>(n) * h * h * in, outputs = static_cast<long>(n) * small * small * out;
  const long weights = 9L * in * out, packed = 49L * ((in + 15) / 16 * 16) * ((out + 15) / 16 * 16);
  Tensor x(inputs), y(outputs), dx(inputs), weight(weights), dweight(weights), forward(packed), backward(packed);
  float *xp = x.data, *yp = y.data, *dxp = dx.data, *wp = weight.data, *dwp = dweight.data, *fp = forward.data,
        *gp = backward.data;
  std::puts(title);
  const double gflop = 18e-9 * outputs * in;
  const std::string op = "strided_conv3x3_";
  report("pack", best_of(runs, [&] { call(op + "pack_forward", wp, fp, in, out); }), 0);
  call(op + "pack_backward", wp, gp, in, out);
  report("forward", best_of(runs, [&] { call(op + "forward", xp, fp, yp, n, h, h, in, out); }), gflop);
  report("backward_input", best_of(runs, [&] { call(op + "backward_input", yp, gp, dxp, n, h, h, in, out, 0); }),
         gflop);
  report("backward_weight", best_of(runs, [&] { call(op + "backward_weight", xp, yp, dwp, n, h, h, in, out, 0); }),
         gflop);
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) set_threads(std::atoi(arguments[1]));
  if (count > 2) set_isa(arguments[2]);
  const int runs = count > 3 ? std::atoi(arguments[3]) : 20;
  const std::string wanted = count > 4 ? arguments[4] : "";
  std::printf("%s, %d threads, best of %d\n", isa(), threads(), runs);
  convolution(3, 1, 180, 320, 64, 64, 1, runs, wanted);
  convolution(3, 1, 48, 48, 64, 64, 1, runs, wanted);
  convolution(3, 16, 48, 48, 64, 64, 1, runs, wanted);
  convolution(3, 16, 48, 48, 3, 64, 1, runs, wanted);
  convolution(3, 16, 48, 48, 64, 256, 2, runs, wanted);
  convolution(3, 16, 96, 96, 64, 256, 2, runs / 4, wanted);
  convolution(3, 16, 192, 192, 64, 3, 1, runs / 4, wanted);
  convolution(3, 1, 180, 320, 256, 256, 1, runs / 4, wanted);
  convolution(3, 32, 96, 96, 9, 64, 1, runs / 4, wanted);
  convolution(3, 32, 48, 48, 64, 128, 1, runs / 4, wanted);
  convolution(3, 32, 24, 24, 128, 256, 1, runs / 4, wanted);
  convolution(3, 32, 12, 12, 256, 512, 1, runs / 4, wanted);
  strided(32, 96, 64, 64, runs / 4, wanted);
  strided(32, 48, 128, 128, runs / 4, wanted);
  strided(32, 24, 256, 256, runs / 4, wanted);
  strided(32, 12, 512, 512, runs / 4, wanted);
  convolution(5, 16, 48, 48, 64, 48, 4, runs, wanted);
  convolution(5, 1, 180, 320, 64, 48, 4, runs, wanted);
  return 0;
}
