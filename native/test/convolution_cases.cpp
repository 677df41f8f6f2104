#include "convolution_cases.h"

namespace cases {
namespace {

// A forward pass in double precision and its derivatives, straight from the definition.
struct Convolution {
  int side, n, h, w, in, out, shuffle;

  size_t x_size() const { return static_cast<size_t>(n) * h * w * in; }
  size_t y_size() const { return static_cast<size_t>(n) * h * w * out; }
  size_t weight_size() const { return static_cast<size_t>(out) * in * side * side; }
  size_t packed_size() const { return static_cast<size_t>(36) * ((in + 15) / 16 * 16) * ((out + 15) / 16 * 16); }

  size_t x_at(int image, int row, int column, int i) const {
    return ((static_cast<size_t>(image) * h + row) * w + column) * in + i;
  }
  // PyTorch's PixelShuffle of [n, out, h, w].
  size_t y_at(int image, int row, int column, int o) const {
    int r = shuffle, channel = o / (r * r), i = o / r % r, j = o % r;
    return ((static_cast<size_t>(image) * h * r + row * r + i) * w * r + column * r + j) * (out / (r * r)) + channel;
  }

  // Calls f(index of x, index of y, index of weight) for each product of the sum.
  template <class F>
  void each(F f) const {
    for (int image = 0; image < n; ++image)
      for (int row = 0; row < h; ++row)
        for (int column = 0; column < w; ++column)
          for (int o = 0; o < out; ++o)
            for (int i = 0; i < in; ++i)
              for (int a = 0; a < side; ++a)
                for (int b = 0; b < side; ++b) {
                  int from_row = row + a - side / 2, from_column = column + b - side / 2;
                  if (from_row < 0 || from_row >= h || from_column < 0 || from_column >= w) continue;
                  f(x_at(image, from_row, from_column, i), y_at(image, row, column, o),
                    static_cast<size_t>(((o * in + i) * side + a) * side + b));
                }
  }

  std::string name() const {
    std::string text = std::to_string(side) + "x" + std::to_string(side);
    for (int size : {n, h, w, in, out}) text += " " + std::to_string(size);
    return text + " shuffle " + std::to_string(shuffle);
  }
  std::string kernel(const std::string& pass) const {
    return "conv" + std::to_string(side) + "x" + std::to_string(side) + "_" + pass;
  }
  std::vector<Argument> sizes() const { return {i32(n), i32(h), i32(w), i32(in), i32(out), i32(shuffle)}; }
  Launch pack(const std::string& direction, int weight, int packed) const {
    return {kernel("pack_" + direction),
            {int64_t{in} * out, 1, 1},
            {at(weight), at(packed), i32(in), i32(out), i32(shuffle)}};
  }
};

std::vector<Argument> operator+(std::vector<Argument> a, const std::vector<Argument>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The largest error of Winograd F(4x4, 3x3) in fp32 is near 3e-6 of the largest value.
constexpr double tolerance = 2e-5;

void forward(std::vector<Case>& list, const Convolution& k, Numbers& numbers, bool with_bias, bool with_residual,
             bool relu, float scale) {
  Case c{k.kernel("forward ") + k.name(), {}, {}, {}};
  auto x = numbers.values(k.x_size()), weight = numbers.values(k.weight_size());
  auto bias = numbers.values(static_cast<size_t>(k.out)), residual = numbers.values(k.y_size());
  std::vector<double> truth(k.y_size());
  k.each([&](size_t at_x, size_t at_y, size_t at_weight) { truth[at_y] += double{x[at_x]} * weight[at_weight]; });
  for (int image = 0; image < k.n; ++image) {
    for (int pixel = 0; pixel < k.h * k.w; ++pixel) {
      for (int o = 0; o < k.out; ++o) {
        double& value = truth[k.y_at(image, pixel / k.w, pixel % k.w, o)];
        if (with_bias) value += bias[static_cast<size_t>(o)];
        if (relu && value < 0) value = 0;
      }
    }
  }
  for (size_t i = 0; i < truth.size(); ++i) truth[i] = scale * truth[i] + (with_residual ? residual[i] : 0.0f);
  c.add(x);
  c.add(weight);
  c.add(bias);
  c.add(residual);
  int packed = c.room(k.packed_size()), y = c.room(k.y_size());
  c.launches.push_back(k.pack("forward", 1, packed));
  auto bias_or_null = with_bias ? at(2) : null(), residual_or_null = with_residual ? at(3) : null();
  auto arguments = k.side == 3 ? std::vector{at(0), at(packed), bias_or_null, residual_or_null, at(y)} + k.sizes() +
                                     std::vector{i32(relu), f32(scale)}
                               : std::vector{at(0), at(packed), bias_or_null, at(y)} + k.sizes();
  c.launches.push_back({k.kernel("forward"), {k.out, k.w, int64_t{k.n} * k.h}, arguments});
  c.outputs = {{y, tolerance, truth}};
  list.push_back(c);
}

void backward_input(std::vector<Case>& list, const Convolution& k, Numbers& numbers, bool masked, float scale,
                    int accumulate) {
  Case c{k.kernel("backward_input ") + k.name(), {}, {}, {}};
  auto dy = numbers.values(k.y_size()), weight = numbers.values(k.weight_size());
  auto mask = numbers.values(k.x_size()), dx = numbers.values(k.x_size());
  std::vector<double> truth(k.x_size());
  k.each([&](size_t at_x, size_t at_y, size_t at_weight) { truth[at_x] += double{dy[at_y]} * weight[at_weight]; });
  for (size_t i = 0; i < truth.size(); ++i) {
    truth[i] = (masked && !(mask[i] > 0) ? 0.0 : scale * truth[i]) + (accumulate ? dx[i] : 0.0f);
  }
  c.add(dy);
  c.add(weight);
  c.add(mask);
  c.add(dx);
  int packed = c.room(k.packed_size());
  c.launches = {k.pack("backward", 1, packed),
                {k.kernel("backward_input"),
                 {k.in, k.w, int64_t{k.n} * k.h},
                 std::vector{at(0), at(packed), masked ? at(2) : null(), at(3)} + k.sizes() +
                     std::vector{f32(scale), i32(accumulate)}}};
  c.outputs = {{3, tolerance, truth}};
  list.push_back(c);
}

void backward_weight(std::vector<Case>& list, const Convolution& k, Numbers& numbers, bool with_bias, float scale,
                     int accumulate) {
  Case c{k.kernel("backward_weight ") + k.name(), {}, {}, {}};
  auto x = numbers.values(k.x_size()), dy = numbers.values(k.y_size());
  auto dweight = numbers.values(k.weight_size()), dbias = numbers.values(static_cast<size_t>(k.out));
  std::vector<double> truth(k.weight_size()), bias_truth(static_cast<size_t>(k.out));
  k.each([&](size_t at_x, size_t at_y, size_t at_weight) { truth[at_weight] += double{x[at_x]} * dy[at_y]; });
  for (int image = 0; image < k.n; ++image) {
    for (int pixel = 0; pixel < k.h * k.w; ++pixel) {
      for (int o = 0; o < k.out; ++o) {
        bias_truth[static_cast<size_t>(o)] += dy[k.y_at(image, pixel / k.w, pixel % k.w, o)];
      }
    }
  }
  for (size_t i = 0; i < truth.size(); ++i) truth[i] = scale * truth[i] + (accumulate ? dweight[i] : 0.0f);
  for (size_t o = 0; o < bias_truth.size(); ++o) bias_truth[o] = scale * bias_truth[o] + (accumulate ? dbias[o] : 0.0f);
  c.add(x);
  c.add(dy);
  c.add(dweight);
  c.add(dbias);
  c.launches = {{k.kernel("backward_weight"),
                 {static_cast<int64_t>(k.weight_size()), 1, 1},
                 std::vector{at(0), at(1), at(2), with_bias ? at(3) : null()} + k.sizes() +
                     std::vector{f32(scale), i32(accumulate)}}};
  c.outputs = {{2, tolerance, truth}};
  if (with_bias) c.outputs.push_back({3, tolerance, bias_truth});
  list.push_back(c);
}

void conv1x1(std::vector<Case>& list) {
  for (auto [n, h, w, in, out] : {std::tuple{1, 1, 1, 1, 1}, {1, 1, 7, 64, 4}, {3, 20, 5, 5, 33}}) {
    Numbers numbers(static_cast<uint64_t>(in));
    int64_t pixels = int64_t{n} * h * w;
    auto x_size = static_cast<size_t>(pixels * in), y_size = static_cast<size_t>(pixels * out);
    auto shape = std::vector{i32(n), i32(h), i32(w), i32(in), i32(out)};
    auto x = numbers.values(x_size), y = numbers.values(y_size), bias = numbers.values(static_cast<size_t>(out));
    auto weight = numbers.values(static_cast<size_t>(in) * out);
    for (int variant = 0; variant < 2; ++variant) {
      auto adding = std::vector{i32(variant)};
      auto bias_or_null = variant ? at(3) : null();
      Case c{"conv1x1 " + std::to_string(pixels) + " " + std::to_string(in) + " " + std::to_string(out), {}, {}, {}};
      c.add(x);
      c.add(weight);
      c.add(y);
      c.add(bias);
      Case forward = c, input = c, wrt_weight = c;
      forward.launches = {
          {"conv1x1_forward", {pixels * out, 1, 1}, std::vector{at(0), at(1), bias_or_null, at(2)} + shape}};
      forward.outputs = {{2, tolerance, {}}};
      input.launches = {
          {"conv1x1_backward_input", {pixels * in, 1, 1}, std::vector{at(2), at(1), at(0)} + shape + adding}};
      input.outputs = {{0, tolerance, {}}};
      wrt_weight.launches = {{"conv1x1_backward_weight",
                              {int64_t{in} * out, 1, 1},
                              std::vector{at(0), at(2), at(1), bias_or_null} + shape + adding}};
      wrt_weight.outputs = {{1, tolerance, {}}, {3, tolerance, {}}};
      list.insert(list.end(), {forward, input, wrt_weight});
    }
  }
}

}  // namespace

void add_convolutions(std::vector<Case>& list) {
  const Convolution shapes[] = {{3, 1, 1, 1, 1, 1, 1},  {3, 2, 5, 7, 3, 8, 1},     {3, 1, 9, 6, 16, 12, 2},
                                {3, 1, 4, 5, 5, 27, 3}, {3, 1, 13, 17, 64, 64, 1}, {3, 2, 6, 3, 33, 3, 1},
                                {5, 1, 1, 1, 1, 1, 1},  {5, 2, 5, 7, 3, 8, 1},     {5, 1, 6, 4, 8, 12, 2},
                                {5, 1, 4, 5, 5, 27, 3}, {5, 1, 7, 5, 17, 48, 4}};
  uint64_t seed = 0;
  for (const Convolution& k : shapes) {
    Numbers numbers(++seed);
    bool three = k.side == 3;
    forward(list, k, numbers, true, false, three, 1.0f);
    if (three) forward(list, k, numbers, false, true, false, 0.1f);
    if (!three) forward(list, k, numbers, false, false, false, 1.0f);
    backward_input(list, k, numbers, false, 1.0f, 0);
    backward_input(list, k, numbers, true, 0.1f, 1);
    backward_weight(list, k, numbers, true, 1.0f, 0);
    backward_weight(list, k, numbers, false, 0.1f, 1);
    backward_weight(list, k, numbers, true, 0.1f, 1);
  }
  conv1x1(list);
}

}  // namespace cases
