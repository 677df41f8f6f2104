#include "bf16_cases.h"

#include "bf16_convolution_cases.h"
#include "bf16_feature_cases.h"
#include "convolution_cases.h"

namespace cases {
std::vector<uint16_t> blocked(Numbers& numbers, int n, int channels, int pixels) {
  int blocks = (channels + 7) / 8;
  std::vector<uint16_t> values(static_cast<size_t>(n * blocks * pixels * 8));
  auto drawn = numbers.values(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    int channel = static_cast<int>(i / (8 * static_cast<size_t>(pixels)) % static_cast<size_t>(blocks)) * 8 +
                  static_cast<int>(i % 8);
    values[i] = channel < channels ? bf16_upper(drawn[i]) : uint16_t{0};
  }
  return values;
}

namespace {

constexpr Output same_bits(int buffer) { return {buffer, -1, {}}; }

// Sizes that leave partial blocks of threads; tests of results by definition are the operations' own.
void pointwise(std::vector<Case>& list) {
  for (int pixels : {1, 35, 257}) {
    Numbers numbers(static_cast<uint64_t>(pixels));
    int64_t count = int64_t{2} * 8 * pixels;
    auto values = [&] { return blocked(numbers, 2, 5, pixels); };
    auto add_case = [&](const std::string& kernel, std::vector<Argument> arguments, int buffers, int64_t items,
                        int output) {
      Case c{kernel + "_bf16 " + std::to_string(pixels), {}, {{kernel + "_bf16", {items, 1, 1}, arguments}}, {}};
      for (int i = 0; i < buffers; ++i) c.add(values());
      c.outputs = {same_bits(output)};
      list.push_back(c);
    };
    auto n = i64(count);
    add_case("relu_forward", {half(0), half(1), n}, 2, count, 1);
    add_case("leaky_relu_forward", {half(0), half(1), f32(0.1f), n}, 2, count, 1);
    add_case("scale_forward", {half(0), half(1), f32(0.3f), n}, 2, count, 1);
    add_case("add_forward", {half(0), half(1), half(2), n}, 3, count, 2);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      auto a = i32(accumulate);
      add_case("relu_backward", {half(0), half(1), half(2), n, a}, 3, count, 2);
      add_case("leaky_relu_backward", {half(0), half(1), half(2), f32(0.1f), n, a}, 3, count, 2);
      add_case("scale_backward", {half(0), half(1), f32(0.3f), n, a}, 2, count, 1);
      add_case("add_backward", {half(0), half(1), n, a}, 2, count, 1);
    }
  }
}

void regions(std::vector<Case>& list) {
  Numbers numbers(3);
  for (int accumulate = 0; accumulate < 2; ++accumulate) {
    Case r{"region_copy_bf16", {}, {}, {same_bits(1)}};
    r.add(blocked(numbers, 2, 11, 6 * 7));
    r.add(blocked(numbers, 2, 11, 9 * 5));
    r.launches = {{"region_copy_bf16",
                   {2 * 16 * 3 * 4, 1, 1},
                   {half(0), half(1), i32(2), i32(11), i32(6), i32(7), i32(9), i32(5), i32(3), i32(2), i32(6), i32(1),
                    i32(3), i32(4), i32(accumulate)}}};
    list.push_back(r);
  }
}

// Sets of two images of 5 x 7 pixels, more than one part; results by definition are checked by the operation's test.
void batch_norm(std::vector<Case>& list) {
  int sets = 2, channels = 11, parts = 3;
  int64_t plane = 35, pixels = 2 * plane, count = sets * pixels * 16;
  auto ch = static_cast<size_t>(channels), in_sets = static_cast<size_t>(sets) * 2 * ch;
  Numbers numbers(5);
  Case c{"batch_norm_bf16", {}, {}, {}};
  for (int i = 0; i < 3; ++i) c.add(blocked(numbers, 4, channels, static_cast<int>(plane)));  // x, dy, y or dx
  for (size_t size : {ch, ch, ch, ch, in_sets, in_sets}) c.add(numbers.values(size));
  int weight = 3, bias = 4, running_mean = 5, running_var = 6, statistics = 7, sums = 8;
  int partial = c.room(static_cast<size_t>(parts) * in_sets);
  auto add_case = [&](const std::string& kernel, std::vector<int64_t> items, const std::vector<Argument>& arguments,
                      std::vector<int> outputs) {
    Case k = c;
    k.name = kernel;
    k.launches = {{kernel, {items[0], items[1], items[2]}, arguments}};
    for (int output : outputs) k.outputs.push_back(same_bits(output));
    list.push_back(k);
  };
  auto p = i64(pixels), q = i64(plane), n = i32(channels), s = i32(sets), slope = f32(0.2f);
  add_case("batch_norm_sums_bf16", {channels, parts, sets}, {half(0), at(partial), p, q, n, s, i32(parts)}, {partial});
  add_case("batch_norm_forward_bf16", {count, 1, 1},
           {half(0), at(statistics), at(weight), at(bias), half(2), p, q, n, s, slope}, {2});
  add_case("batch_norm_backward_sums_bf16", {channels, parts, sets},
           {half(0), half(1), at(statistics), at(weight), at(bias), at(partial), p, q, n, s, i32(parts), slope},
           {partial});
  for (int accumulate = 0; accumulate < 2; ++accumulate) {
    add_case("batch_norm_backward_input_bf16", {count, 1, 1},
             {half(0), half(1), at(statistics), at(sums), at(weight), at(bias), half(2), p, q, n, s, slope, i32(0),
              i32(accumulate)},
             {2});
  }
  c.buffers[static_cast<size_t>(partial)] = c.buffers[static_cast<size_t>(statistics)];
  add_case("batch_norm_statistics_bf16", {channels, 1, 1},
           {half(0), at(partial), at(statistics), at(running_mean), at(running_var), p, q, n, s, i32(1), f32(1e-5f),
            f32(0.1f)},
           {statistics, running_mean, running_var});
}

}  // namespace

void add_bf16(std::vector<Case>& list) {
  pointwise(list);
  regions(list);
  add_bf16_features(list);
  batch_norm(list);
  add_bf16_convolutions(list);
}

}  // namespace cases
