#include "cases.h"

#include <algorithm>
#include <cmath>

#include "attention_cases.h"
#include "bank_cases.h"
#include "bf16_cases.h"
#include "contrast_cases.h"
#include "convolution_cases.h"
#include "embedding_cases.h"
#include "norm_cases.h"
#include "sparse_cases.h"
#include "training_cases.h"

namespace cases {
namespace {

constexpr int64_t counts[] = {1, 255, 256, 257, 1003};

// y = f(x...) over count elements, and a backward pass both writing and adding.
void elementwise(std::vector<Case>& list) {
  for (int64_t count : counts) {
    Numbers numbers(static_cast<uint64_t>(count));
    auto size = static_cast<size_t>(count);
    auto values = [&] { return numbers.values(size); };
    auto add_case = [&](const std::string& kernel, std::vector<Argument> arguments, std::vector<std::vector<float>> in,
                        int output, double tolerance = 0) {
      Case c{kernel + " " + std::to_string(count), {}, {{kernel, {count, 1, 1}, arguments}}, {{output, tolerance, {}}}};
      for (const auto& buffer : in) c.add(buffer);
      list.push_back(c);
    };
    auto n = i64(count);
    add_case("add_forward", {at(0), at(1), at(2), n}, {values(), values(), values()}, 2);
    add_case("relu_forward", {at(0), at(1), n}, {values(), values()}, 1);
    add_case("leaky_relu_forward", {at(0), at(1), f32(0.1f), n}, {values(), values()}, 1);
    add_case("scale_forward", {at(0), at(1), f32(0.3f), n}, {values(), values()}, 1);
    add_case("ema_step", {at(0), at(1), at(2), null(), n}, {values(), values(), {0.99f}}, 0, 1e-6);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      auto a = i32(accumulate);
      add_case("add_backward", {at(0), at(1), n, a}, {values(), values()}, 1);
      add_case("relu_backward", {at(0), at(1), at(2), n, a}, {values(), values(), values()}, 2);
      add_case("leaky_relu_backward", {at(0), at(1), at(2), f32(0.1f), n, a}, {values(), values(), values()}, 2, 1e-6);
      add_case("scale_backward", {at(0), at(1), f32(0.3f), n, a}, {values(), values()}, 1, 1e-6);
      std::vector<float> x = values(), y = x;
      for (size_t i = 0; i < y.size(); i += 3) y[i] += 0.5f;  // a third differs, the others have slope 0
      add_case("l1_loss_backward", {at(0), at(1), at(2), at(3), f32(0.01f), n, a}, {x, y, {2.0f}, values()}, 3, 1e-6);
    }
    // In place, as the tape does.
    add_case("relu_backward", {at(0), at(1), at(1), n, i32(0)}, {values(), values()}, 1);
    for (float clamp : {0.0f, 0.25f}) {
      auto second = values();
      for (float& v : second) v = std::fabs(v);
      std::vector<float> settings = {1e-2f, 0.9f, 0.999f, 1e-8f, 0.1f, 0.001f, clamp, 0.0f};
      add_case("adam_step", {at(0), at(1), at(2), at(3), at(4), null(), n},
               {values(), values(), values(), second, settings}, 0, 1e-6);
    }
    add_case("mean_shift_forward", {at(0), at(1), f32(-0.1f), f32(0.2f), f32(0.3f), n},
             {numbers.values(size * 3), numbers.values(size * 3)}, 1);
  }
}

void l1_loss(std::vector<Case>& list) {
  for (int64_t count : {int64_t{1}, int64_t{255}, int64_t{257}, int64_t{70001}}) {
    Numbers numbers(7);
    Case c{"l1_loss " + std::to_string(count), {}, {}, {}};
    auto a = numbers.values(static_cast<size_t>(count)), b = numbers.values(static_cast<size_t>(count));
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += std::fabs(double{a[i]} - b[i]);
    c.add(a);
    c.add(b);
    int partial = c.room(256), loss = c.room(1);
    c.launches = {
        {"l1_loss_forward", {256 * 256, 1, 1}, {at(0), at(1), at(partial), i64(count)}},
        {"l1_loss_reduce", {1, 1, 1}, {at(partial), at(loss), i32(256), f32(1.0f / static_cast<float>(count))}}};
    c.outputs = {{partial, 1e-5, {}}, {loss, 1e-5, {sum / static_cast<double>(count)}}};
    list.push_back(c);
  }
}

void sum_parts(std::vector<Case>& list) {
  for (int rest : {0, 3}) {
    for (int parts : {1, 5}) {
      Numbers numbers(17);
      int64_t count = 259;
      Case c{"sum_parts", {}, {}, {{1, 0, {}}, {2, 0, {}}}};
      c.add(numbers.values(static_cast<size_t>((count + rest) * parts)));
      c.add(numbers.values(static_cast<size_t>(count)));
      c.add(numbers.values(3));
      c.launches = {
          {"sum_parts",
           {count + rest, 1, 1},
           {at(0), at(1), rest == 0 ? null() : at(2), i64(count), i32(rest), i32(parts), f32(0.5f), i32(parts % 2)}}};
      list.push_back(c);
    }
  }
}

void pixel_shuffle(std::vector<Case>& list) {
  for (int r : {1, 2, 3}) {
    int n = 2, h = 3, w = 5, channels = 3;
    Numbers numbers(static_cast<uint64_t>(r));
    int64_t count = int64_t{n} * h * w * channels * r * r;
    auto values = [&] { return numbers.values(static_cast<size_t>(count)); };
    std::vector<Argument> shape = {i32(n), i32(h), i32(w), i32(channels), i32(r)};
    for (int pass = 0; pass < 3; ++pass) {
      std::string kernel = pass == 0 ? "pixel_shuffle_forward" : "pixel_shuffle_backward";
      std::vector<Argument> arguments = {at(0), at(1)};
      arguments.insert(arguments.end(), shape.begin(), shape.end());
      if (pass > 0) arguments.push_back(i32(pass - 1));
      Case c{kernel + " r " + std::to_string(r), {}, {{kernel, {count, 1, 1}, arguments}}, {{1, 0, {}}}};
      c.add(values());
      c.add(values());
      list.push_back(c);
    }
  }
}

void patch_crop(std::vector<Case>& list) {
  int n = 8, size = 7, channels = 3, width = 20, height = 13;
  std::vector<uint8_t> pixels(static_cast<size_t>(width * height * channels));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 37 + i / 60);
  std::vector<int64_t> plan;
  for (int64_t i = 0; i < n; ++i) {
    int64_t top = i % (height - size + 1), left = (5 * i) % (width - size + 1);
    plan.insert(plan.end(), {(top * width + left) * channels, width * channels, i, 0});
  }
  Case c{"patch_crop", {}, {}, {}};
  c.add(pixels);
  c.add(plan);
  c.room(static_cast<size_t>(n * size * size * channels));
  c.launches = {{"patch_crop_forward",
                 {int64_t{n} * size * size, 1, 1},
                 {at(0), at(1), at(2), i32(n), i32(size), i32(channels)}}};
  c.outputs = {{2, 0, {}}};
  list.push_back(c);
}

void bicubic(std::vector<Case>& list) {
  int n = 2, h = 6, w = 7, c_count = 3, taps = 4, target = 10;
  for (bool rows : {true, false}) {
    Numbers numbers(rows ? 1 : 2);
    int axis = rows ? h : w;
    std::vector<int> index(static_cast<size_t>(target * taps));
    for (size_t i = 0; i < index.size(); ++i) index[i] = static_cast<int>(i * 5 % static_cast<size_t>(axis));
    Case c{rows ? "bicubic_rows" : "bicubic_columns", {}, {}, {}};
    c.add(numbers.values(static_cast<size_t>(n * h * w * c_count)));
    c.add(index);
    c.add(numbers.values(index.size()));
    int64_t count = int64_t{n} * (rows ? target * w : h * target) * c_count;
    c.room(static_cast<size_t>(count));
    std::vector<Argument> arguments = {at(0), at(1), at(2), at(3), i32(n)};
    for (int size : rows ? std::vector<int>{h, target, w} : std::vector<int>{h, w, target})
      arguments.push_back(i32(size));
    arguments.push_back(i32(c_count));
    arguments.push_back(i32(taps));
    c.launches = {{c.name, {count, 1, 1}, arguments}};
    c.outputs = {{3, 0, {}}};
    list.push_back(c);
  }
}

template <class Sample>
void pixels_of(std::vector<Case>& list, const std::string& type, float largest) {
  for (int64_t count : counts) {
    std::vector<Sample> samples(static_cast<size_t>(count));
    for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<Sample>(i * 257 + i / 3);
    Case to{type + "_to_tensor " + std::to_string(count), {}, {}, {{1, 0, {}}}};
    to.add(samples);
    to.room(samples.size());
    to.launches = {{type + "_to_tensor", {count, 1, 1}, {at(0), at(1), f32(1.0f / largest), i64(count)}}};
    list.push_back(to);

    Numbers numbers(static_cast<uint64_t>(count));
    auto x = numbers.values(samples.size());  // half of it below 0
    for (size_t i = 0; i < x.size(); ++i) x[i] = i % 5 == 4 ? (static_cast<float>(i) + 0.5f) / largest : 1.1f * x[i];
    if (count > 10) x[7] = NAN, x[8] = INFINITY, x[9] = -INFINITY;
    Case from{"tensor_to_" + type + " " + std::to_string(count), {}, {}, {{1, -1, {}}}};
    from.add(x);
    from.add(samples);
    from.launches = {{"tensor_to_" + type, {count, 1, 1}, {at(0), at(1), f32(largest), i64(count)}}};
    list.push_back(from);
  }
}

// Images around what a block covers; the first and the last have a number that is not finite, in one and in many
// places.
void finite_check(std::vector<Case>& list) {
  for (int64_t count : {int64_t{1}, int64_t{257}, int64_t{2048}, int64_t{2049}, int64_t{4111}}) {
    Numbers numbers(static_cast<uint64_t>(count));
    auto x = numbers.values(static_cast<size_t>(3 * count));
    x[static_cast<size_t>(count) - 1] = NAN;
    for (int64_t i = 2 * count; i < 3 * count; i += 3) x[static_cast<size_t>(i)] = i % 2 ? INFINITY : -INFINITY;
    Case c{"finite_check " + std::to_string(count), {}, {}, {{1, -1, {}}}};
    c.add(x);
    c.add(std::vector<int32_t>{0, 0, 0});
    c.launches = {{"finite_check", {count, 3, 1}, {at(0), at(1), i64(count), i32(3)}}};
    list.push_back(c);
  }
}

void region(std::vector<Case>& list) {
  for (int accumulate = 0; accumulate < 2; ++accumulate) {
    Numbers numbers(3);
    int n = 2, c_count = 5, h = 3, w = 4;
    Case c{"region_copy", {}, {}, {{1, 0, {}}}};
    c.add(numbers.values(static_cast<size_t>(n * c_count * 6 * 7)));
    c.add(numbers.values(static_cast<size_t>(n * c_count * 9 * 5)));
    c.launches = {{"region_copy",
                   {int64_t{n} * c_count * h * w, 1, 1},
                   {at(0), at(1), i32(n), i32(c_count), i32(6), i32(7), i32(9), i32(5), i32(3), i32(2), i32(6), i32(1),
                    i32(h), i32(w), i32(accumulate)}}};
    list.push_back(c);
  }
}

void tail_gather(std::vector<Case>& list) {
  for (auto [features, r] : {std::pair{1, 1}, {5, 2}, {3, 4}}) {
    Numbers numbers(static_cast<uint64_t>(r));
    int64_t outputs = 3 * r * r;
    auto responses = numbers.values(static_cast<size_t>(features + 1) * 49 * r * r * 3);
    auto weight = numbers.values(static_cast<size_t>(outputs) * features * 25);
    auto bias = numbers.values(static_cast<size_t>(outputs));
    Case c{"tail_gather " + std::to_string(features) + " " + std::to_string(r), {}, {}, {}};
    c.add(responses);
    c.add(weight);
    c.add(bias);
    Case forward = c, backward = c;
    forward.launches = {
        {"tail_gather_forward", {outputs * features * 25, 1, 1}, {at(0), at(1), at(2), i32(features), i32(r)}}};
    forward.outputs = {{1, 0, {}}, {2, 0, {}}};
    backward.launches = {{"tail_gather_backward", {outputs * 25, 1, 1}, {at(1), at(2), at(0), i32(features), i32(r)}}};
    backward.outputs = {{0, 1e-6, {}}};
    list.insert(list.end(), {forward, backward});
  }
}

std::string compare(const float* have, const double* want, size_t count, double tolerance) {
  double largest = 1e-30;
  for (size_t i = 0; i < count; ++i) largest = std::max(largest, std::fabs(want[i]));
  for (size_t i = 0; i < count; ++i) {
    if (std::fabs(have[i] - want[i]) <= tolerance * largest) continue;
    return "element " + std::to_string(i) + " of " + std::to_string(count) + ": want " + std::to_string(want[i]) +
           ", have " + std::to_string(have[i]) + " (largest " + std::to_string(largest) + ")";
  }
  return {};
}

std::vector<float> as_floats(const std::vector<char>& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

}  // namespace

std::vector<float> Case::floats(int buffer) const { return as_floats(buffers[static_cast<size_t>(buffer)]); }

std::vector<Case> all() {
  std::vector<Case> list;
  elementwise(list);
  l1_loss(list);
  sum_parts(list);
  pixel_shuffle(list);
  patch_crop(list);
  bicubic(list);
  pixels_of<uint8_t>(list, "u8", 255.0f);
  pixels_of<uint16_t>(list, "u16", 65535.0f);
  finite_check(list);
  region(list);
  tail_gather(list);
  add_convolutions(list);
  add_bank(list);
  add_embedding(list);
  add_contrast(list);
  add_attention(list);
  add_sparse(list);
  add_training(list);
  add_bf16(list);
  add_norm_convolutions(list);
  return list;
}

Arguments::Arguments(const Launch& launch, const std::vector<void*>& addresses) {
  values_.resize(launch.arguments.size());
  for (size_t i = 0; i < values_.size(); ++i) {
    const Argument& argument = launch.arguments[i];
    int64_t& value = values_[i];
    if (argument.kind == 'P' || argument.kind == 'H') {
      value = argument.buffer < 0 ? 0 : reinterpret_cast<int64_t>(addresses[static_cast<size_t>(argument.buffer)]);
    } else if (argument.kind == 'F') {
      std::memcpy(&value, &argument.real, sizeof argument.real);
    } else {
      value = argument.integer;  // the low half of which is the int, on a little-endian machine
    }
  }
  for (auto& value : values_) pointers_.push_back(&value);
}

void link(const Case& c, const std::vector<void*>& addresses) {
  for (const Link& link : c.links) {
    auto* words = static_cast<char*>(addresses[static_cast<size_t>(link.buffer)]);
    auto place = reinterpret_cast<intptr_t>(addresses[static_cast<size_t>(link.target)]) -
                 reinterpret_cast<intptr_t>(addresses[static_cast<size_t>(link.base)]);
    std::memcpy(words + link.word * 8, &place, 8);
  }
}

void unlink(const Case& c, std::vector<std::vector<char>>& buffers) {
  for (const Link& link : c.links) std::memset(buffers[static_cast<size_t>(link.buffer)].data() + link.word * 8, 0, 8);
}

std::string difference(const Output& output, const std::vector<char>& have, const std::vector<char>& want) {
  if (have == want) return {};
  if (output.tolerance < 0) return "bytes differ";
  auto floats = as_floats(want);
  return compare(as_floats(have).data(), std::vector<double>(floats.begin(), floats.end()).data(), floats.size(),
                 output.tolerance);
}

std::string difference_from_truth(const Output& output, const std::vector<char>& have) {
  if (output.truth.empty()) return {};
  auto floats = as_floats(have);
  if (have.size() == output.truth.size() * sizeof(uint16_t)) {
    std::vector<uint16_t> halves(output.truth.size());
    std::memcpy(halves.data(), have.data(), have.size());
    floats.resize(halves.size());
    std::transform(halves.begin(), halves.end(), floats.begin(), bf16_value);
  }
  return compare(floats.data(), output.truth.data(), output.truth.size(), output.tolerance);
}

}  // namespace cases
