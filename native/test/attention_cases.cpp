#include "attention_cases.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>

#include "convolution_cases.h"

namespace cases {
namespace {

// Images of `pixels` pixels; around the runs and blocks that sums are divided into.
struct Planes {
  int n;
  int64_t pixels;
  int channels;

  size_t size() const { return static_cast<size_t>(n * pixels * channels); }
  size_t few() const { return static_cast<size_t>(n) * channels; }
  std::vector<Argument> arguments() const { return {i32(n), i64(pixels), i32(channels)}; }
  std::string name() const {
    return " " + std::to_string(n) + " " + std::to_string(pixels) + " " + std::to_string(channels);
  }
};

const Planes planes[] = {{1, 1, 1}, {2, 7, 3}, {1, 515, 33}, {3, 35, 64}, {1, 2049, 2}};

Case launched(const std::string& kernel, const Planes& p, std::vector<Argument> arguments, bool sums, int accumulate) {
  for (const Argument& a : p.arguments()) arguments.push_back(a);
  if (accumulate >= 0) arguments.push_back(i32(accumulate));
  Launch launch{kernel, {static_cast<int64_t>(p.size()), 1, 1}, arguments};
  if (sums) launch = {kernel, {p.channels, int64_t{8} * p.n, 1}, arguments};
  return {kernel + p.name(), {}, {launch}, {}};
}

void global_average_pool(std::vector<Case>& list) {
  for (const Planes& p : planes) {
    Numbers numbers(5);
    Case forward = launched("global_average_pool_forward", p, {at(0), at(1)}, true, -1);
    auto x = numbers.values(p.size());
    std::vector<double> mean(p.few());
    for (size_t i = 0; i < x.size(); ++i) {
      auto channels = static_cast<size_t>(p.channels), each = static_cast<size_t>(p.pixels) * channels;
      mean[i / each * channels + i % channels] += x[i] / static_cast<double>(p.pixels);
    }
    forward.add(x);
    forward.room(p.few());
    forward.outputs = {{1, 1e-5, mean}};
    list.push_back(forward);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case backward = launched("global_average_pool_backward", p, {at(0), at(1)}, false, accumulate);
      backward.add(numbers.values(p.few()));
      backward.add(numbers.values(p.size()));
      backward.outputs = {{1, 1e-6, {}}};
      list.push_back(backward);
    }
  }
}

// Gates of sums over tiles, and gradients of everything but the sums; with more channels and tiles than are summed at
// once.
void squeeze_excitation(std::vector<Case>& list) {
  for (auto [n, tiles, channels, few] : {std::tuple{1, 1, 1, 1}, {2, 3, 5, 2}, {3, 19, 64, 4}, {1, 9, 130, 33}}) {
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Numbers numbers(static_cast<uint64_t>(channels));
      auto count = [](int rows, int columns) { return static_cast<size_t>(rows) * static_cast<size_t>(columns); };
      auto at2 = [](int row, int columns, int column) { return static_cast<size_t>(row * columns + column); };
      auto sums = numbers.values(count(1 + n * tiles, channels));
      int32_t header = tiles;
      std::memcpy(sums.data(), &header, sizeof header);
      auto w1 = numbers.values(count(few, channels)), b1 = numbers.values(count(few, 1));
      auto w2 = numbers.values(count(channels, few)), b2 = numbers.values(count(channels, 1));
      auto dgate = numbers.values(count(n, channels));
      std::vector<double> mean(count(n, channels)), hidden(count(n, few)), gate(mean), dexpand(mean), dreduce(hidden),
          dmean(mean);
      std::vector<std::vector<float>> before = {numbers.values(w1.size()), numbers.values(b1.size()),
                                                numbers.values(w2.size()), numbers.values(b2.size())};
      std::vector<std::vector<double>> parameters;
      for (const auto& values : before) parameters.emplace_back(values.begin(), values.end());
      if (accumulate == 0) {
        for (auto& values : parameters) values.assign(values.size(), 0.0);
      }
      for (int i = 0; i < n; ++i) {
        for (int c = 0; c < channels; ++c)
          for (int t = 0; t < tiles; ++t) mean[at2(i, channels, c)] += sums[at2(1 + i * tiles + t, channels, c)] / 20.0;
        for (int f = 0; f < few; ++f) {
          double sum = b1[at2(f, 1, 0)];
          for (int c = 0; c < channels; ++c) sum += w1[at2(f, channels, c)] * mean[at2(i, channels, c)];
          hidden[at2(i, few, f)] = std::max(sum, 0.0);
        }
        for (int c = 0; c < channels; ++c) {
          double sum = b2[at2(c, 1, 0)];
          for (int f = 0; f < few; ++f) sum += w2[at2(c, few, f)] * hidden[at2(i, few, f)];
          double g = 1 / (1 + std::exp(-sum));
          gate[at2(i, channels, c)] = g;
          double d = dexpand[at2(i, channels, c)] = dgate[at2(i, channels, c)] * g * (1 - g);
          parameters[3][at2(c, 1, 0)] += d;
          for (int f = 0; f < few; ++f) {
            parameters[2][at2(c, few, f)] += d * hidden[at2(i, few, f)];
            if (hidden[at2(i, few, f)] > 0) dreduce[at2(i, few, f)] += w2[at2(c, few, f)] * d;
          }
        }
        for (int f = 0; f < few; ++f) {
          double d = dreduce[at2(i, few, f)];
          parameters[1][at2(f, 1, 0)] += d;
          for (int c = 0; c < channels; ++c) {
            dmean[at2(i, channels, c)] += w1[at2(f, channels, c)] * d;
            parameters[0][at2(f, channels, c)] += d * mean[at2(i, channels, c)];
          }
        }
      }
      Case c{"squeeze_excitation " + std::to_string(channels), {}, {}, {}};
      for (const auto* values : {&sums, &w1, &b1, &w2, &b2, &dgate}) c.add(*values);
      for (const auto* truth : {&mean, &hidden, &gate, &dexpand, &dreduce, &dmean}) {
        c.outputs.push_back({c.room(truth->size()), 2e-5, *truth});
      }
      for (size_t p = 0; p < before.size(); ++p) {
        c.outputs.push_back({c.add(before[p]), 2e-5, parameters[p]});
      }
      int table = c.add(std::vector<int64_t>(8));
      size_t word = 0;
      for (int buffer : {6, 7, 9, 10, 12, 13, 14, 15}) c.links.push_back({table, word++, buffer, 6});
      c.launches = {
          {"squeeze_excitation_forward",
           {n, 1, 1},
           {at(0), at(1), at(2), at(3), at(4), at(6), at(7), at(8), i32(n), i64(20), i32(channels), i32(few)}},
          {"squeeze_excitation_backward",
           {n, 1, 1},
           {at(5), null(), at(1), at(3), at(7), at(8), at(9), at(10), at(11), i32(n), i32(channels), i32(few)}},
          {"squeeze_excitation_backward_weight",
           {int64_t{2} * channels * few + channels + few, 1, 1},
           {at(6), at(table), i32(n), i32(channels), i32(few), i32(accumulate)}}};
      list.push_back(c);
    }
  }
}

void channel_gate(std::vector<Case>& list) {
  for (const Planes& p : planes) {
    Numbers numbers(6);
    for (bool residual : {false, true}) {
      Case forward = launched("channel_gate_forward", p, {at(0), at(1), residual ? at(2) : null(), at(2)}, false, -1);
      forward.add(numbers.values(p.size()));
      forward.add(numbers.values(p.few()));
      forward.add(numbers.values(p.size()));
      forward.outputs = {{2, 1e-6, {}}};
      list.push_back(forward);
    }
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case input = launched("channel_gate_backward_input", p, {at(0), at(1), at(2)}, false, accumulate);
      input.add(numbers.values(p.size()));
      input.add(numbers.values(p.few()));
      input.add(numbers.values(p.size()));
      input.outputs = {{2, 1e-6, {}}};
      list.push_back(input);
      Case gate = launched("channel_gate_backward_gate", p, {at(0), at(1), at(2)}, true, accumulate);
      gate.add(numbers.values(p.size()));
      gate.add(numbers.values(p.size()));
      gate.add(numbers.values(p.few()));
      gate.outputs = {{2, 1e-5, {}}};
      list.push_back(gate);
    }
  }
}

void sigmoid(std::vector<Case>& list) {
  for (int64_t count : {1, 257, 1003}) {
    Numbers numbers(static_cast<uint64_t>(count));
    auto values = numbers.values(static_cast<size_t>(count));
    for (float& v : values) v *= 30;
    Case forward{"sigmoid_forward " + std::to_string(count), {}, {}, {{1, 1e-6, {}}}};
    forward.add(values);
    forward.room(values.size());
    forward.launches = {{"sigmoid_forward", {count, 1, 1}, {at(0), at(1), i64(count)}}};
    list.push_back(forward);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case backward{"sigmoid_backward " + std::to_string(count), {}, {}, {{2, 1e-6, {}}}};
      for (int buffer = 0; buffer < 3; ++buffer) backward.add(numbers.values(values.size()));
      backward.launches = {{"sigmoid_backward", {count, 1, 1}, {at(0), at(1), at(2), i64(count), i32(accumulate)}}};
      list.push_back(backward);
    }
  }
}

// One launch on buffers of random numbers of these sizes; the outputs are compared to 1e-5.
Case random_case(const std::string& name, std::vector<size_t> sizes, Launch launch, std::vector<int> outputs) {
  Numbers numbers(sizes.front() + outputs.size());
  Case c{name, {}, {launch}, {}};
  for (size_t size : sizes) c.add(numbers.values(size));
  for (int output : outputs) c.outputs.push_back({output, 1e-5, {}});
  return c;
}

void layers(std::vector<Case>& list) {
  for (int accumulate = 0; accumulate < 2; ++accumulate) {
    list.push_back(
        random_case("channel_copy", {7 * 5, 7 * 9},
                    {"channel_copy",
                     {7 * 3, 1, 1},
                     {at(0), at(1), i32(1), i64(7), i32(5), i32(1), i32(9), i32(4), i32(3), i32(accumulate)}},
                    {1}));
    for (int width : {1, 11, 33, 100}) {
      size_t size = static_cast<size_t>(width) * 19;
      if (accumulate == 0) {
        list.push_back(random_case(
            "softmax_forward " + std::to_string(width), {size, size, 19},
            {"softmax_forward", {19 * 32, 1, 1}, {at(0), at(1), at(2), i64(19), i32(width), f32(2.0f)}}, {1, 2}));
      }
      list.push_back(random_case("softmax_backward " + std::to_string(width), {size, size, 19, size},
                                 {"softmax_backward",
                                  {19 * 32, 1, 1},
                                  {at(0), at(1), at(2), at(3), i64(19), i32(width), f32(2.0f), i32(accumulate)}},
                                 {3}));
    }
    for (int transposed = 0; transposed < 2; ++transposed) {
      list.push_back(
          random_case("layer_attention_mix", {18, 2 * 5 * 3 * 7, 2 * 5 * 3 * 7},
                      {"layer_attention_mix",
                       {2 * 5 * 3 * 7, 1, 1},
                       {at(0), at(1), at(2), i32(2), i64(5), i32(3), i32(7), i32(transposed), i32(accumulate)}},
                      {2}));
    }
    list.push_back(random_case("layer_attention_backward_matrix", {18, 18, 1, 18, 1},
                               {"layer_attention_backward_matrix",
                                {1, 1, 1},
                                {at(0), at(1), at(2), at(3), at(4), i32(2), i32(3), i32(accumulate)}},
                               {3, 4}));
  }
  for (int features : {7, 16, 20}) {
    size_t size = static_cast<size_t>(2 * 300 * 3 * features);
    list.push_back(random_case(
        "layer_attention_gram " + std::to_string(features), {size, size, 18},
        {"layer_attention_gram", {256 * 18, 1, 1}, {at(0), at(1), at(2), i32(2), i64(300), i32(3), i32(features)}},
        {2}));
  }
  list.push_back(random_case("layer_attention_matrix", {18, 1, 18},
                             {"layer_attention_matrix", {18, 1, 1}, {at(0), at(1), at(2), i32(2), i32(3)}}, {2}));
}

void volumes(std::vector<Case>& list) {
  for (auto [h, w, depth] : {std::tuple{1, 1, 1}, {3, 4, 2}, {4, 3, 9}, {2, 5, 17}}) {
    size_t size = static_cast<size_t>(2 * h * w * depth);
    auto count = static_cast<int64_t>(size);
    std::vector<Argument> sizes = {i32(2), i32(h), i32(w), i32(depth)};
    auto launch = [&](const std::string& kernel, int64_t items, std::vector<Argument> arguments, int accumulate) {
      arguments.insert(arguments.end(), sizes.begin(), sizes.end());
      if (accumulate >= 0) arguments.push_back(i32(accumulate));
      return Launch{kernel, {items, 1, 1}, arguments};
    };
    std::string name = " " + std::to_string(h) + " " + std::to_string(w) + " " + std::to_string(depth);
    list.push_back(random_case("conv3d_forward" + name, {size, 27, 1, size},
                               launch("conv3d_forward", count, {at(0), at(1), at(2), at(3)}, -1), {3}));
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      list.push_back(random_case("conv3d_backward_input" + name, {size, 27, size},
                                 launch("conv3d_backward_input", count, {at(0), at(1), at(2)}, accumulate), {2}));
      list.push_back(random_case("conv3d_backward_weight" + name, {size, size, 27, 1},
                                 launch("conv3d_backward_weight", 256 * 28, {at(0), at(1), at(2), at(3)}, accumulate),
                                 {2, 3}));
    }
  }
}

void residual_gate(std::vector<Case>& list) {
  for (int64_t count : {1, 257, 1003}) {
    auto size = static_cast<size_t>(count);
    std::string name = " " + std::to_string(count);
    list.push_back(random_case("residual_gate_forward" + name, {size, size, 1, size},
                               {"residual_gate_forward", {count, 1, 1}, {at(0), at(1), at(2), at(3), i64(count)}},
                               {3}));
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      for (std::string pass : {"input", "gate"}) {
        std::string kernel = "residual_gate_backward_" + pass;
        list.push_back(random_case(kernel + name, {size, size, 1, size},
                                   {kernel, {count, 1, 1}, {at(0), at(1), at(2), at(3), i64(count), i32(accumulate)}},
                                   {3}));
      }
      list.push_back(random_case("residual_gate_reduce", {256, 1},
                                 {"residual_gate_reduce", {1, 1, 1}, {at(0), at(1), i32(accumulate)}}, {1}));
    }
    list.push_back(random_case(
        "residual_gate_backward_gamma" + name, {size, size, size, 256},
        {"residual_gate_backward_gamma", {256 * 256, 1, 1}, {at(0), at(1), at(2), at(3), i64(count)}}, {3}));
  }
}

}  // namespace

void add_attention(std::vector<Case>& list) {
  global_average_pool(list);
  sigmoid(list);
  channel_gate(list);
  squeeze_excitation(list);
  layers(list);
  volumes(list);
  residual_gate(list);
}

}  // namespace cases
