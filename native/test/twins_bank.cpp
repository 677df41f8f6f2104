// The frequency bank's twins: the same bits on every instruction set, levels that are exactly n / 255, one thread as
// many. That they are right is shown by the cases, which compare them with the CUDA kernels.
#include <cmath>
#include <functional>

#include "twins_check.h"

namespace twins {
namespace {

/// As BankRow in kernels/direct_bank.cu.
struct PlanRow {
  int kind, source;
  float factor;
  int radius_y, radius_x;
  float weights[12];
  int unused[3];
};

PlanRow blur(int source, int radius_y, int radius_x) {
  PlanRow row = {2, source, 0, radius_y, radius_x, {}, {}};
  for (int k = 0; k <= radius_y; ++k) row.weights[k] = 0.9f / static_cast<float>(2 * radius_y + 1 + k % 2);
  for (int k = 0; k <= radius_x; ++k) row.weights[6 + k] = 0.9f / static_cast<float>(2 * radius_x + 1 + k % 3);
  return row;
}

void on_every_set(const std::function<void(const std::string&)>& test) {
  const std::string chosen = acuity::cpu::isa();
  for (const char* set : {"avx512", "avx2", "plain"}) {
    try {
      acuity::cpu::set_isa(set);
    } catch (const std::exception&) {
      continue;  // main has said so
    }
    test(set);
  }
  acuity::cpu::set_isa(chosen.c_str());
}

void check_levels() {
  const int h = 2, w = 512 * 8;
  Floats x(3 * h * w), y(3 * h * w, NAN);
  for (int i = 0; i < 3 * h * w; ++i) {
    const int level = i % 256;
    // each level, just beside it, and the ties between levels, which a product with 255 may not hit
    const float steps[] = {0, 1e-3f, -1e-3f, 0.5f, 0.25f, -0.49f, 0.4999f, -0.5f};
    x[i] = (static_cast<float>(level) + steps[i / 256 % 8]) / 255.0f;
  }
  on_every_set([&](const std::string& set) {
    PlanRow row = blur(0, 0, 0);
    row.weights[0] = row.weights[6] = 1;
    float *from = x.data(), *to = y.data(), *none = nullptr;
    PlanRow* plan = &row;
    call("direct_bank_forward", from, none, plan, none, to, 1, 1, h, w, 0, 0);
    expect(y.guards_stand(), "direct_bank_forward: wrote outside its output");
    int wrong = 0;
    for (int i = 0; i < 3 * h * w; ++i) {
      const float want = std::nearbyint(std::fmin(std::fmax(x[i] * 255.0f, 0.0f), 255.0f)) / 255.0f;
      wrong += y[i] != want;
    }
    expect(wrong == 0, std::to_string(wrong) + " levels are not n / 255 on " + set);
  });
}

void check_bits(int h, int w, bool haar) {
  const int n = 2, lh = 3, lw = 5;
  Floats hr = random_floats(n * 3 * h * w, 1), lr = random_floats(n * 3 * lh * lw, 2);
  for (std::size_t i = 0; i < hr.size(); ++i) hr[i] = std::fabs(hr[i]);
  std::vector<PlanRow> plan = {
      {0, 1, 0, 0, 0, {}, {}}, {1, 0, 0.6f, 0, 0, {}, {}}, {3, 1, 0, 0, 0, {}, {}}, {1, 0, 2.9f, 0, 0, {}, {}}};
  for (int radius = 0; radius <= 5 && h > 5; ++radius) plan.push_back(blur(radius % 2, radius, 5 - radius));
  const int rows = static_cast<int>(plan.size());
  std::vector<int> tables(8 * (h + w));
  for (int axis = 0; axis < 2; ++axis) {
    const int size = axis == 0 ? h : w, first = axis == 0 ? 0 : 8 * h;
    for (int i = 0; i < 4 * size; ++i) {
      tables[first + i] = i * 7 % (axis == 0 ? lh : lw);
      const float weight = 0.1f + 0.01f * static_cast<float>(i % 50);
      std::memcpy(&tables[first + 4 * size + i], &weight, sizeof weight);
    }
  }
  const std::size_t count = std::size_t(rows) * 3 * h * w * (haar ? 3 : 4) / 4;
  const std::string kernel = haar ? "direct_bank_haar" : "direct_bank_forward";
  Floats first(0);
  const auto check = [&](const std::string& what) {
    Floats y(count, NAN);
    float *from = hr.data(), *small = lr.data(), *to = y.data();
    PlanRow* p = plan.data();
    int* t = tables.data();
    call(kernel, from, small, p, t, to, rows, n, h, w, lh, lw);
    expect(y.guards_stand(), kernel + ": wrote outside its output");
    if (first.size() == 0) first = y;
    expect(y.same_bits(first), kernel + " " + std::to_string(h) + " x " + std::to_string(w) + " on " + what);
  };
  on_every_set(check);
  const int before = acuity::cpu::threads();
  for (const int threads : {1, 3}) {
    acuity::cpu::set_threads(threads);
    check(std::to_string(threads) + " threads");
  }
  acuity::cpu::set_threads(before);
}

void check_haar_bits(int w) {
  const int n = 2, h = 6, c = 3;
  Floats x = random_floats(n * h * w * c, 7), first(0), first_back(0);
  on_every_set([&](const std::string& set) {
    Floats y(x.size() / 4 * 3, NAN), back = x;
    float *from = x.data(), *to = y.data(), *dx = back.data();
    call("haar_transform_forward", from, to, n, h, w, c);
    call("haar_transform_backward", to, dx, n, h, w, c, 1);
    expect(y.guards_stand() && back.guards_stand(), "haar_transform: wrote outside its output");
    if (first.size() == 0) first = y, first_back = back;
    expect(y.same_bits(first), "haar_transform_forward of width " + std::to_string(w) + " on " + set);
    expect(back.same_bits(first_back), "haar_transform_backward of width " + std::to_string(w) + " on " + set);
  });
}

void check_refusals() {
  Floats x(3 * 16, 0), y(3 * 16, 0);
  const auto refuses = [&](PlanRow row, const std::string& want) {
    float *from = x.data(), *to = y.data(), *none = nullptr;
    PlanRow* plan = &row;
    try {
      call("direct_bank_forward", from, none, plan, none, to, 1, 1, 4, 4, 0, 0);
      fail("accepted where it should say: " + want);
    } catch (const std::exception& refused) {
      expect(refused.what() == want, refused.what());
    }
  };
  refuses({7, 0, 0, 0, 0, {}, {}}, "direct_bank_forward kind: want 0 to 4, have 7");
  refuses({0, 1, 0, 0, 0, {}, {}}, "direct_bank_forward source: want 0 to 0, have 1");
  refuses(blur(0, 4, 1), "direct_bank_forward radius down the rows: want 0 to 3, have 4");
  refuses({3, 0, 0, 0, 0, {}, {}}, "direct_bank_forward lr and tables: want pointers, have null");
}

}  // namespace

void test_bank() {
  check_levels();
  for (const bool haar : {false, true}) {
    for (const auto& [h, w] : {std::pair{2, 2}, {4, 6}, {18, 38}, {34, 72}, {6, 110}, {512, 512}})
      check_bits(h, w, haar);
  }
  check_bits(7, 13, false);
  for (const int w : {2, 34, 36, 38, 70, 102}) check_haar_bits(w);
  check_refusals();
}

}  // namespace twins
