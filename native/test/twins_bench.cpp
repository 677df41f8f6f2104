// Times the convolution twins: `twins_bench [threads] [instruction set] [runs]`. Prints the best of the runs, and
// GFLOP/s of the direct convolution (2 operations a multiply-add), so that Winograd can show more than the processor's
// peak.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
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

double best_ms(int runs, const std::function<void()>& work) {
  double best = 1e30;
  for (int run = 0; run < runs + 2; ++run) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (run >= 2) best = std::min(best, ms);
  }
  return best;
}

void report(const char* pass, double ms, double gflop) {
  std::printf("  %-16s %9.3f ms %8.1f GFLOP/s\n", pass, ms, gflop / ms * 1000);
}

void convolution(int k, int n, int h, int w, int in, int out, int shuffle, int runs) {
  const std::string op = k == 3 ? "conv3x3" : "conv5x5";
  const long pixels = static_cast<long>(n) * h * w;
  Tensor x(pixels * in), y(pixels * out), dx(pixels * in), weight(static_cast<long>(out) * in * k * k),
      dweight(static_cast<long>(out) * in * k * k), bias(out), dbias(out);
  const long packed = 36L * ((in + 15) / 16 * 16) * ((out + 15) / 16 * 16);
  Tensor forward(packed), backward(packed);
  float *xp = x.data, *yp = y.data, *dxp = dx.data, *wp = weight.data, *dwp = dweight.data, *bp = bias.data,
        *dbp = dbias.data, *fp = forward.data, *gp = backward.data, *none = nullptr;
  std::printf("%s %d>%d shuffle %d, %d x %d x %d\n", op.c_str(), in, out, shuffle, n, w, h);
  const double gflop = 2e-9 * pixels * in * out * k * k;
  report("pack", best_ms(runs, [&] { call(op + "_pack_forward", wp, fp, in, out, shuffle); }), 0);
  call(op + "_pack_backward", wp, gp, in, out, shuffle);
  report("forward",
         best_ms(runs,
                 [&] {
                   if (k == 3) {
                     call(op + "_forward", xp, fp, bp, none, yp, n, h, w, in, out, shuffle, 0, 1.0f);
                   } else {
                     call(op + "_forward", xp, fp, bp, yp, n, h, w, in, out, shuffle);
                   }
                 }),
         gflop);
  report("backward_input",
         best_ms(runs, [&] { call(op + "_backward_input", yp, gp, none, dxp, n, h, w, in, out, shuffle, 1.0f, 0); }),
         gflop);
  report("backward_weight",
         best_ms(runs, [&] { call(op + "_backward_weight", xp, yp, dwp, dbp, n, h, w, in, out, shuffle, 1.0f, 0); }),
         gflop);
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) set_threads(std::atoi(arguments[1]));
  if (count > 2) set_isa(arguments[2]);
  const int runs = count > 3 ? std::atoi(arguments[3]) : 20;
  std::printf("%s, %d threads, best of %d\n", isa(), threads(), runs);
  convolution(3, 1, 180, 320, 64, 64, 1, runs);
  convolution(3, 1, 48, 48, 64, 64, 1, runs);
  convolution(3, 16, 48, 48, 64, 64, 1, runs);
  convolution(3, 16, 48, 48, 3, 64, 1, runs);
  convolution(3, 16, 48, 48, 64, 256, 2, runs);
  convolution(3, 16, 96, 96, 64, 256, 2, runs / 4);
  convolution(3, 16, 192, 192, 64, 3, 1, runs / 4);
  convolution(3, 1, 180, 320, 256, 256, 1, runs / 4);
  convolution(5, 16, 48, 48, 64, 48, 4, runs);
  convolution(5, 1, 180, 320, 64, 48, 4, runs);
  return 0;
}
