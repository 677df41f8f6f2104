#include "embedding_cases.h"

#include <cmath>

#include "convolution_cases.h"

namespace cases {
namespace {

std::vector<Argument> operator+(std::vector<Argument> a, const std::vector<Argument>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

constexpr double tolerance = 1e-5;

struct Strided {
  int n, h, w, in, out;

  int rows() const { return (h + 1) / 2; }
  int columns() const { return (w + 1) / 2; }
  size_t x_size() const { return static_cast<size_t>(n) * h * w * in; }
  size_t y_size() const { return static_cast<size_t>(n) * rows() * columns() * out; }
  size_t weight_size() const { return static_cast<size_t>(out) * in * 9; }
  size_t packed_size() const { return static_cast<size_t>(49) * ((in + 15) / 16 * 16) * ((out + 15) / 16 * 16); }
  std::vector<Argument> sizes() const { return {i32(n), i32(h), i32(w), i32(in), i32(out)}; }

  // Calls f(index of x, index of y, index of weight) for each product of the sum.
  template <class F>
  void each(F f) const {
    for (int image = 0; image < n; ++image)
      for (int row = 0; row < rows(); ++row)
        for (int column = 0; column < columns(); ++column)
          for (int tap = 0; tap < 9; ++tap) {
            int from_row = 2 * row + tap / 3 - 1, from_column = 2 * column + tap % 3 - 1;
            if (from_row < 0 || from_row >= h || from_column < 0 || from_column >= w) continue;
            size_t x = ((static_cast<size_t>(image) * h + from_row) * w + from_column) * in;
            size_t y = ((static_cast<size_t>(image) * rows() + row) * columns() + column) * out;
            for (int o = 0; o < out; ++o)
              for (int i = 0; i < in; ++i)
                f(x + i, y + o, (static_cast<size_t>(o) * in + i) * 9 + static_cast<size_t>(tap));
          }
  }
};

void strided_conv3x3(std::vector<Case>& list) {
  const Strided shapes[] = {{1, 1, 1, 1, 1},  {2, 5, 7, 3, 8},    {1, 9, 6, 16, 12},
                            {1, 4, 5, 5, 27}, {1, 13, 8, 64, 65}, {3, 2, 3, 33, 3}};
  for (const Strided& k : shapes) {
    Numbers numbers(static_cast<uint64_t>(k.in));
    Case c{"strided_conv3x3", {}, {}, {}};
    for (int size : {k.n, k.h, k.w, k.in, k.out}) c.name += " " + std::to_string(size);
    auto x = numbers.values(k.x_size()), weight = numbers.values(k.weight_size()), y = numbers.values(k.y_size());
    c.add(x);
    c.add(weight);
    c.add(y);
    int packed = c.room(k.packed_size());
    const auto pack = [&](const char* direction) {
      return Launch{std::string("strided_conv3x3_pack_") + direction,
                    {int64_t{k.in} * k.out, 1, 1},
                    {at(1), at(packed), i32(k.in), i32(k.out)}};
    };
    Case forward = c;
    std::vector<double> truth(k.y_size());
    k.each([&](size_t a, size_t b, size_t w) { truth[b] += double{x[a]} * weight[w]; });
    forward.launches = {pack("forward"),
                        {"strided_conv3x3_forward",
                         {k.out, k.columns(), int64_t{k.n} * k.rows()},
                         std::vector{at(0), at(packed), at(2)} + k.sizes()}};
    forward.outputs = {{2, tolerance, truth}};
    list.push_back(forward);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case input = c, of_weight = c;
      std::vector<double> dx(k.x_size()), dweight(k.weight_size());
      k.each([&](size_t a, size_t b, size_t w) {
        dx[a] += double{y[b]} * weight[w];
        dweight[w] += double{x[a]} * y[b];
      });
      for (size_t i = 0; accumulate && i < dx.size(); ++i) dx[i] += x[i];
      for (size_t i = 0; accumulate && i < dweight.size(); ++i) dweight[i] += weight[i];
      input.launches = {pack("backward"),
                        {"strided_conv3x3_backward_input",
                         {k.in, k.w, int64_t{k.n} * k.h},
                         std::vector{at(2), at(packed), at(0)} + k.sizes() + std::vector{i32(accumulate)}}};
      input.outputs = {{0, tolerance, dx}};
      of_weight.launches = {{"strided_conv3x3_backward_weight",
                             {static_cast<int64_t>(k.weight_size()), 1, 1},
                             std::vector{at(0), at(2), at(1)} + k.sizes() + std::vector{i32(accumulate)}}};
      of_weight.outputs = {{1, tolerance, dweight}};
      list.insert(list.end(), {input, of_weight});
    }
  }
}

// x, dy [sets][pixels][channels] and what batch normalisation makes of them, in double precision.
struct Norm {
  int sets, channels, parts;
  int64_t pixels;
  float slope;
  bool frozen;
  std::vector<float> x, dy, weight, bias, running_mean, running_var;
  std::vector<double> statistics, mean, variance, y, sums, dx, dweight, dbias;

  void compute() {
    const auto size = x.size(), ch = static_cast<size_t>(channels);
    statistics.assign(static_cast<size_t>(frozen ? 1 : sets) * 2 * ch, 0);
    sums.assign(static_cast<size_t>(sets) * 2 * ch, 0);
    y.assign(size, 0), dx.assign(size, 0), dweight.assign(ch, 0), dbias.assign(ch, 0);
    mean.assign(running_mean.begin(), running_mean.end());
    variance.assign(running_var.begin(), running_var.end());
    const double count = static_cast<double>(pixels);
    for (size_t set = 0; set < static_cast<size_t>(sets); ++set) {
      for (size_t c = 0; c < ch; ++c) {
        const auto at = [&](int64_t p) {
          return (set * static_cast<size_t>(pixels) + static_cast<size_t>(p)) * ch + c;
        };
        double m = 0, v = 0;
        for (int64_t p = 0; p < pixels; ++p) m += x[at(p)] / count;
        for (int64_t p = 0; p < pixels; ++p) v += (x[at(p)] - m) * (x[at(p)] - m) / count;
        if (frozen) {
          m = running_mean[c], v = running_var[c];
        } else {
          mean[c] = 0.9 * mean[c] + 0.1 * m;
          variance[c] = 0.9 * variance[c] + 0.1 * v * count / (count - 1);
        }
        const double inverse = 1 / std::sqrt(v + 1e-5);
        statistics[set * 2 * ch + c] = m, statistics[set * 2 * ch + ch + c] = inverse;
        double sum = 0, product = 0;
        const auto normal = [&](int64_t p) { return (x[at(p)] - m) * inverse; };
        const auto value = [&](int64_t p) { return weight[c] * normal(p) + bias[c]; };
        const auto gradient = [&](int64_t p) { return value(p) > 0 ? dy[at(p)] : double{slope} * dy[at(p)]; };
        for (int64_t p = 0; p < pixels; ++p) {
          y[at(p)] = value(p) > 0 ? value(p) : slope * value(p);
          sum += gradient(p);
          product += gradient(p) * normal(p);
        }
        sums[set * 2 * ch + c] = sum, sums[set * 2 * ch + ch + c] = product;
        dbias[c] += sum, dweight[c] += product;
        for (int64_t p = 0; p < pixels; ++p) {
          const double mean_terms = frozen ? 0 : sum / count + normal(p) * product / count;
          dx[at(p)] = weight[c] * inverse * (gradient(p) - mean_terms);
        }
      }
    }
  }
};

void batch_norm(std::vector<Case>& list, Norm k) {
  const auto ch = static_cast<size_t>(k.channels), size = static_cast<size_t>(k.sets * k.pixels) * ch;
  Numbers numbers(ch);
  k.x = numbers.values(size), k.dy = numbers.values(size), k.weight = numbers.values(ch), k.bias = numbers.values(ch);
  k.running_mean = numbers.values(ch), k.running_var = numbers.values(ch);
  for (float& v : k.running_var) v = std::fabs(v) + 0.5f;
  k.compute();
  Case c{"batch_norm " + std::to_string(k.sets) + " x " + std::to_string(k.pixels) + " x " +
             std::to_string(k.channels) + (k.frozen ? " frozen" : ""),
         {},
         {},
         {}};
  const int x = c.add(k.x), dy = c.add(k.dy), weight = c.add(k.weight), bias = c.add(k.bias);
  const int mean = c.add(k.running_mean), variance = c.add(k.running_var);
  const int partial = c.room(static_cast<size_t>(k.sets) * k.parts * 2 * ch);
  const int statistics = c.room(k.statistics.size()), y = c.room(size), sums = c.room(k.sums.size());
  const int dweight = c.add(k.weight), dbias = c.add(k.bias), dx = c.add(k.x);
  const auto shape = std::vector{i64(k.pixels), i64(k.pixels), i32(k.channels), i32(k.sets)};
  const int64_t elements = static_cast<int64_t>(size);
  if (k.frozen) {
    c.launches = {{"batch_norm_frozen",
                   {k.channels, 1, 1},
                   {at(mean), at(variance), at(statistics), i32(k.channels), f32(1e-5f)}}};
  } else {
    c.launches = {{"batch_norm_sums",
                   {k.channels, k.parts, k.sets},
                   std::vector{at(x), at(partial)} + shape + std::vector{i32(k.parts)}},
                  {"batch_norm_statistics",
                   {k.channels, 1, 1},
                   std::vector{at(x), at(partial), at(statistics), at(mean), at(variance)} + shape +
                       std::vector{i32(k.parts), f32(1e-5f), f32(0.1f)}}};
  }
  c.launches.push_back(
      {"batch_norm_forward",
       {elements, 1, 1},
       std::vector{at(x), at(statistics), at(weight), at(bias), at(y)} + shape + std::vector{f32(k.slope)}});
  c.outputs = {{statistics, tolerance, k.statistics},
               {y, tolerance, k.y},
               {mean, tolerance, k.mean},
               {variance, tolerance, k.variance}};
  for (int accumulate = 0; accumulate < 2; ++accumulate) {
    Case both = c;
    Norm want = k;
    for (size_t i = 0; accumulate && i < ch; ++i) want.dweight[i] += k.weight[i], want.dbias[i] += k.bias[i];
    for (size_t i = 0; accumulate && i < size; ++i) want.dx[i] += k.x[i];
    both.launches.push_back({"batch_norm_backward_sums",
                             {k.channels, k.parts, k.sets},
                             std::vector{at(x), at(dy), at(statistics), at(weight), at(bias), at(partial)} + shape +
                                 std::vector{i32(k.parts), f32(k.slope)}});
    both.launches.push_back(
        {"batch_norm_backward_weight",
         {k.channels, 1, 1},
         {at(partial), at(sums), at(dweight), at(dbias), i32(k.channels), i32(k.sets), i32(k.parts), i32(accumulate)}});
    both.launches.push_back({"batch_norm_backward_input",
                             {elements, 1, 1},
                             std::vector{at(x), at(dy), at(statistics), at(sums), at(weight), at(bias), at(dx)} +
                                 shape + std::vector{f32(k.slope), i32(k.frozen), i32(accumulate)}});
    both.outputs.insert(
        both.outputs.end(),
        {{sums, 3e-5, k.sums}, {dweight, 3e-5, want.dweight}, {dbias, 3e-5, want.dbias}, {dx, 3e-5, want.dx}});
    list.push_back(both);
  }
}

void adaptive_average_pool(std::vector<Case>& list) {
  const int shapes[][6] = {{1, 1, 1, 1, 4, 4}, {2, 6, 6, 17, 4, 4}, {1, 5, 3, 64, 4, 4}, {1, 8, 12, 5, 4, 3}};
  for (const auto& [n, h, w, channels, rows, columns] : shapes) {
    Numbers numbers(static_cast<uint64_t>(h));
    Case c{"adaptive_average_pool", {}, {}, {}};
    for (int size : {n, h, w, channels, rows, columns}) c.name += " " + std::to_string(size);
    auto x = numbers.values(static_cast<size_t>(n) * h * w * channels);
    auto y = numbers.values(static_cast<size_t>(n) * rows * columns * channels);
    auto sizes = std::vector{i32(n), i32(h), i32(w), i32(channels), i32(rows), i32(columns)};
    std::vector<double> truth(y.size()), gradient(x.size());
    for (size_t index = 0; index < y.size(); ++index) {
      const int channel = static_cast<int>(index) % channels, pixel = static_cast<int>(index) / channels;
      const int column = pixel % columns, row = pixel / columns % rows, image = pixel / columns / rows;
      const int top = static_cast<int>(std::floor(double(row) * h / rows));
      const int bottom = static_cast<int>(std::ceil((row + 1.0) * h / rows));
      const int left = static_cast<int>(std::floor(double(column) * w / columns));
      const int right = static_cast<int>(std::ceil((column + 1.0) * w / columns));
      for (int r = top; r < bottom; ++r) {
        for (int q = left; q < right; ++q) {
          const size_t from = static_cast<size_t>(((image * h + r) * w + q) * channels + channel);
          truth[index] += x[from] / double((bottom - top) * (right - left));
          gradient[from] += y[index] / double((bottom - top) * (right - left));
        }
      }
    }
    c.add(x);
    c.add(y);
    Case forward = c;
    forward.launches = {
        {"adaptive_average_pool_forward", {static_cast<int64_t>(y.size()), 1, 1}, std::vector{at(0), at(1)} + sizes}};
    forward.outputs = {{1, 1e-6, truth}};
    list.push_back(forward);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case backward = c;
      std::vector<double> want = gradient;
      for (size_t i = 0; accumulate && i < want.size(); ++i) want[i] += x[i];
      backward.launches = {{"adaptive_average_pool_backward",
                            {static_cast<int64_t>(x.size()), 1, 1},
                            std::vector{at(1), at(0)} + sizes + std::vector{i32(accumulate)}}};
      backward.outputs = {{0, 1e-6, want}};
      list.push_back(backward);
    }
  }
}

}  // namespace

void add_embedding(std::vector<Case>& list) {
  strided_conv3x3(list);
  for (bool frozen : {false, true}) {
    for (auto [sets, pixels, channels] : {std::tuple{1, int64_t{7}, 1}, {3, int64_t{35}, 17}, {2, int64_t{100}, 64}}) {
      Norm norm{};
      norm.sets = frozen ? 1 : sets;
      norm.pixels = pixels;
      norm.channels = channels;
      norm.parts = static_cast<int>(std::min<int64_t>(3, pixels));
      norm.slope = channels == 17 ? 1.0f : 0.2f;
      norm.frozen = frozen;
      batch_norm(list, norm);
    }
  }
  adaptive_average_pool(list);
}

}  // namespace cases
