#include "bank_cases.h"

#include <string>

#include "convolution_cases.h"

namespace cases {
namespace {

void haar(std::vector<Case>& list) {
  for (auto [n, h, w, c] : {std::tuple{1, 2, 2, 1}, {2, 6, 10, 3}, {1, 4, 70, 3}, {1, 4, 6, 5}}) {
    Numbers numbers(static_cast<uint64_t>(w));
    auto size = static_cast<size_t>(n) * static_cast<size_t>(h * w * c);
    int64_t items = static_cast<int64_t>(size / 4);
    std::vector<Argument> shape = {i32(n), i32(h), i32(w), i32(c)};
    for (int pass = 0; pass < 3; ++pass) {
      std::string kernel = pass == 0 ? "haar_transform_forward" : "haar_transform_backward";
      std::vector<Argument> arguments = {at(pass == 0 ? 0 : 1), at(pass == 0 ? 1 : 0)};
      arguments.insert(arguments.end(), shape.begin(), shape.end());
      if (pass > 0) arguments.push_back(i32(pass - 1));
      Case k{kernel + " " + std::to_string(w), {}, {{kernel, {items, 1, 1}, arguments}}, {{pass == 0 ? 1 : 0, 0, {}}}};
      k.add(numbers.values(size));
      k.add(numbers.values(size / 4 * 3));
      list.push_back(k);
    }
  }
}

// Twenty words, as BankRow in kernels/direct_bank.cu.
struct PlanRow {
  int kind, source;
  float factor;
  int radius_y, radius_x;
  float weights[12];
  int unused[3];
};

PlanRow blur(int source, int radius_y, int radius_x) {
  PlanRow row = {2, source, 0, radius_y, radius_x, {}, {}};
  for (int axis = 0; axis < 2; ++axis) {
    int radius = axis == 0 ? radius_y : radius_x;
    for (int k = 0; k <= radius; ++k) row.weights[6 * axis + k] = 1.0f / static_cast<float>(2 * radius + 1 + k);
  }
  return row;
}

void direct_bank(std::vector<Case>& list) {
  const std::vector<PlanRow> plan = {{0, 1, 0, 0, 0, {}, {}}, {1, 0, 0.5f, 0, 0, {}, {}},
                                     {3, 1, 0, 0, 0, {}, {}}, {1, 1, 2.75f, 0, 0, {}, {}},
                                     blur(0, 5, 1),           blur(1, 2, 5),
                                     blur(1, 0, 3),           {4, 0, 0, 0, 0, {}, {}}};
  const int n = 2, lh = 3, lw = 4;
  for (auto [h, w] : {std::pair{6, 8}, {18, 38}, {7, 33}, {2, 2}}) {
    Numbers numbers(static_cast<uint64_t>(w));
    auto pixels = [&](int height, int width) {
      auto values = numbers.values(static_cast<size_t>(n * height * width * 3));
      for (float& value : values) value = value < 0 ? -value : value;
      return values;
    };
    std::vector<int> tables(static_cast<size_t>(8 * (h + w)));
    for (int axis = 0; axis < 2; ++axis) {
      int size = axis == 0 ? h : w, first = axis == 0 ? 0 : 8 * h, from = axis == 0 ? lh : lw;
      auto weights = numbers.values(static_cast<size_t>(4 * size));
      for (int i = 0; i < 4 * size; ++i) tables[static_cast<size_t>(first + i)] = i * 3 % from;
      std::memcpy(&tables[static_cast<size_t>(first + 4 * size)], weights.data(), weights.size() * sizeof(float));
    }
    bool small = h <= 5;  // too small for most blurs
    std::vector<PlanRow> rows(plan.begin(), small ? plan.begin() + 4 : plan.end());
    int count = static_cast<int>(rows.size());
    for (const char* kernel : {"direct_bank_forward", "direct_bank_haar", "direct_bank_haar_bf16"}) {
      const bool bands = kernel != std::string("direct_bank_forward"), halves = bands && kernel[16] != '\0';
      if (bands && (h % 2 != 0 || w % 2 != 0)) continue;
      Case k{"direct_bank " + std::to_string(h) + " " + std::to_string(w), {}, {}, {}};
      k.add(pixels(h, w));
      k.add(pixels(lh, lw));
      k.add(rows);
      k.add(tables);
      // nine bands of a quarter of the pixels, in bf16 filled up to sixteen of half the bytes
      int y = k.room(static_cast<size_t>(count * h * w) * (halves ? 8 : bands ? 9 : 12) / 4);
      k.launches = {{kernel,
                     {w, h, count},
                     {at(0), at(1), at(2), at(3), halves ? half(y) : at(y), i32(count), i32(n), i32(h), i32(w), i32(lh),
                      i32(lw)}}};
      k.outputs = {{y, halves ? -1.0 : 0.0, {}}};
      list.push_back(k);
    }
  }
}

// Eight words, as SpectralRow in kernels/spectral_bank.cu.
struct SpectralRow {
  int source, target, profile;
  float gain[3];
  int unused[2];
};

void spectral_bank(std::vector<Case>& list) {
  const std::vector<SpectralRow> plan = {
      {1, 2, 0, {1, 0.5f, -0.25f}, {}}, {0, 0, 2, {0, 1, 0}, {}}, {1, 3, 1, {2.5f, -1.5f, 0}, {}}};
  const int n = 2, rows = static_cast<int>(plan.size());
  for (auto [h, w] : {std::pair{1, 1}, {5, 8}, {9, 130}}) {
    Numbers numbers(static_cast<uint64_t>(w));
    int half = w / 2 + 1;
    auto area = static_cast<size_t>(h * w), spectrum = static_cast<size_t>(2 * h * half);
    Case planes{"spectral_bank_planes " + std::to_string(w), {}, {}, {{1, 0, {}}}};
    planes.add(numbers.values(3 * n * area));
    planes.room(3 * n * area);
    planes.launches = {
        {"spectral_bank_planes", {static_cast<int64_t>(n * area), 1, 1}, {at(0), at(1), i32(n), i32(h), i32(w)}}};
    Case forward{"spectral_bank_forward " + std::to_string(w), {}, {}, {{3, 0, {}}}};
    forward.add(numbers.values(3 * n * spectrum));
    forward.add(plan);
    forward.add(numbers.values(static_cast<size_t>(4 * (h + half))));
    forward.room(static_cast<size_t>(3 * rows) * spectrum);
    forward.launches = {
        {"spectral_bank_forward", {half, h, rows}, {at(0), at(1), at(2), at(3), i32(rows), i32(n), i32(h), i32(half)}}};
    Case finish{"spectral_bank_finish " + std::to_string(w), {}, {}, {{2, 0, {}}}};
    auto values = numbers.values(static_cast<size_t>(3 * rows) * area);
    for (float& value : values) value = 0.5f + 0.7f * value;
    finish.add(values);
    finish.add(plan);
    finish.add(numbers.values(4 * 3 * area));  // image 1 is no target
    finish.launches = {{"spectral_bank_finish",
                        {static_cast<int64_t>(rows) * h * w, 1, 1},
                        {at(0), at(1), at(2), i32(rows), i32(h), i32(w)}}};
    list.insert(list.end(), {planes, forward, finish});
  }
}

}  // namespace

void add_bank(std::vector<Case>& list) {
  haar(list);
  direct_bank(list);
  spectral_bank(list);
}

}  // namespace cases
