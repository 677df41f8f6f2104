#include "attention_cases.h"

#include <cmath>

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

}  // namespace

void add_attention(std::vector<Case>& list) {
  global_average_pool(list);
  sigmoid(list);
  channel_gate(list);
}

}  // namespace cases
