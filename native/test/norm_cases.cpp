#include "norm_cases.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "bf16_cases.h"

namespace cases {
namespace {

// Half a unit in the last place of the largest bf16 number, and fp32 sums in another order.
constexpr double rounded = 1.0 / 256 + 1e-5, summed = 2e-5;

constexpr float slope = 0.2f;

// The nearest bf16 number, of two the even one.
float nearest(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  word += 0x7fff + (word >> 16 & 1);
  return bf16_value(static_cast<uint16_t>(word >> 16));
}

// n images in sets of equal statistics, between features: numbers bf16[n][channels / 8][h][w][8].
struct NormLayer {
  int stride, n, h, w, in, out, sets;

  int rows() const { return (h + stride - 1) / stride; }
  int columns() const { return (w + stride - 1) / stride; }
  size_t weights() const { return static_cast<size_t>(out) * in * 9; }
  int tile_rows() const { return stride == 1 ? 8 : 4; }
  size_t tiles() const {
    return static_cast<size_t>(n) * ((rows() + tile_rows() - 1) / tile_rows()) * ((columns() + 15) / 16);
  }
  std::string kernel(const std::string& pass) const {
    return std::string(stride == 2 ? "norm_strided_conv3x3_" : "norm_conv3x3_") + pass + "_bf16";
  }
  static size_t at(int image, int channel, int row, int column, int channels, int rows, int columns) {
    int blocks = (channels + 7) / 8;
    return static_cast<size_t>((((image * blocks + channel / 8) * rows + row) * columns + column) * 8 + channel % 8);
  }
  size_t y_size() const { return static_cast<size_t>(n) * ((out + 7) / 8 * 8) * rows() * columns(); }

  // Calls f(index of x, index of y, index of weight) for each product of the sum.
  template <class F>
  void each(F f) const {
    for (int i = 0; i < n; ++i)
      for (int o = 0; o < out; ++o)
        for (int row = 0; row < rows(); ++row)
          for (int column = 0; column < columns(); ++column)
            for (int k = 0; k < in; ++k)
              for (int tap = 0; tap < 9; ++tap) {
                int r = row * stride + tap / 3 - 1, q = column * stride + tap % 3 - 1;
                if (r < 0 || r >= h || q < 0 || q >= w) continue;
                f(at(i, k, r, q, in, h, w), at(i, o, row, column, out, rows(), columns()),
                  static_cast<size_t>((o * in + k) * 9 + tap));
              }
  }
};

// A case with x, weight, dy and what x is normalised by, and what the convolution then reads.
struct Normed {
  Case c;
  std::vector<float> read, weight, dy;
  int x, at_weight, at_dy, statistics, scale, shift;

  Normed(const NormLayer& k, const std::string& pass, bool normalised) {
    c.name = k.kernel(pass) + (normalised ? "" : " as it is");
    for (int size : {k.n, k.h, k.w, k.in, k.out, k.sets}) c.name += " " + std::to_string(size);
    Numbers numbers(static_cast<uint64_t>(k.h * 8 + k.in));
    auto bits = blocked(numbers, k.n, k.in, k.h * k.w), dy_bits = blocked(numbers, k.n, k.out, k.rows() * k.columns());
    for (uint16_t word : dy_bits) dy.push_back(bf16_value(word));
    weight = numbers.values(k.weights());
    for (float& value : weight) value = bf16_value(bf16_upper(value));
    auto ch = static_cast<size_t>(k.in);
    auto of_sets = numbers.values(static_cast<size_t>(k.sets) * 2 * ch);
    for (size_t i = 0; i < of_sets.size(); ++i) {
      if (i / ch % 2 == 1) of_sets[i] = 1.5f + of_sets[i];  // 1 / deviation
    }
    auto scales = numbers.values(ch), shifts = numbers.values(ch);
    read.assign(bits.size(), 0.0f);
    for (int i = 0; i < k.n; ++i)
      for (int channel = 0; channel < k.in; ++channel)
        for (int pixel = 0; pixel < k.h * k.w; ++pixel) {
          size_t at = NormLayer::at(i, channel, pixel / k.w, pixel % k.w, k.in, k.h, k.w);
          auto j = static_cast<size_t>(channel);
          const float* of_set = of_sets.data() + static_cast<size_t>(i / (k.n / k.sets)) * 2 * ch;
          float value = bf16_value(bits[at]), z = scales[j] * ((value - of_set[j]) * of_set[ch + j]) + shifts[j];
          read[at] = normalised ? nearest(z > 0 ? z : slope * z) : value;
        }
    x = c.add(bits), at_weight = c.add(weight), at_dy = c.add(dy_bits);
    statistics = c.add(of_sets), scale = c.add(scales), shift = c.add(shifts);
  }
};

void forward(std::vector<Case>& list, const NormLayer& k, bool normalised) {
  Normed on(k, "forward", normalised);
  Case& c = on.c;
  std::vector<double> truth(k.y_size());
  k.each([&](size_t x, size_t y, size_t w) { truth[y] += double{on.read[x]} * on.weight[w]; });
  int64_t units = int64_t{(k.out + 63) / 64} * ((k.in + 15) / 16) * 9 * 128;
  int packed = c.room(static_cast<size_t>(units) * 4), y = c.add(std::vector<uint16_t>(k.y_size(), 0x40e0));
  int moments = c.room(k.tiles() * 2 * static_cast<size_t>(k.out));
  auto given = [&](int buffer) { return normalised ? at(buffer) : null(); };
  c.launches = {
      {"strided_conv3x3_pack_forward_bf16", {units, 1, 1}, {at(on.at_weight), half(packed), i32(k.in), i32(k.out)}},
      {k.kernel("forward"),
       {(k.out + 7) / 8 * 8, k.columns(), k.rows()},
       {half(on.x), given(on.statistics), given(on.scale), given(on.shift), half(packed), half(y), given(moments),
        i32(k.n), i32(k.h), i32(k.w), i32(k.in), i32(k.out), i32(k.n / k.sets), f32(slope)},
       k.n}};
  c.outputs = {{y, rounded, truth}};
  if (normalised) c.outputs.push_back({moments, -1, {}});
  list.push_back(c);
}

// The gradient of what the normalisation makes, and over its tiles the sums that batch_norm_backward_tiles adds up.
void backward_input(std::vector<Case>& list, const NormLayer& k, bool sums) {
  Normed on(k, "backward_input", true);
  Case& c = on.c;
  std::vector<double> truth(on.read.size());
  k.each([&](size_t x, size_t y, size_t w) { truth[x] += double{on.dy[y]} * on.weight[w]; });
  int64_t units = int64_t{(k.in + 63) / 64} * ((k.out + 15) / 16) * 9 * 128;
  int packed = c.room(static_cast<size_t>(units) * 4), dx = c.add(std::vector<uint16_t>(on.read.size(), 0x40e0));
  auto ch = static_cast<size_t>(k.in);
  int partial = c.room(k.tiles() * 2 * ch), all = c.room(static_cast<size_t>(k.sets) * 2 * ch);
  int dweight = c.add(std::vector<float>(ch, 0.5f)), dbias = c.add(std::vector<float>(ch, 0.25f));
  c.launches = {
      {"strided_conv3x3_pack_backward_bf16", {units, 1, 1}, {at(on.at_weight), half(packed), i32(k.in), i32(k.out)}},
      {k.kernel("backward_input"),
       {(k.in + 7) / 8 * 8, k.columns(), k.rows()},
       {half(on.at_dy), half(packed), half(on.x), at(on.statistics), at(on.scale), at(on.shift), half(dx),
        sums ? at(partial) : null(), i32(k.n), i32(k.h), i32(k.w), i32(k.in), i32(k.out), i32(k.n / k.sets),
        f32(slope)},
       k.n}};
  c.outputs = {{dx, rounded, truth}};
  if (sums) {
    int tiles = static_cast<int>(k.tiles()) / k.sets;
    c.launches.push_back({"batch_norm_backward_tiles",
                          {k.in, 1, 1},
                          {at(partial), at(all), at(dweight), at(dbias), i32(k.in), i32(k.sets), i32(tiles), i32(1)}});
    for (int output : {partial, all, dweight, dbias}) c.outputs.push_back({output, -1, {}});
  }
  list.push_back(c);
}

// Sums of sets and of all, from those of tiles; without gradients of weight and bias, written or added.
void tiles(std::vector<Case>& list, int sets, int tiles, int channels, int variant) {
  Numbers numbers(static_cast<uint64_t>(tiles));
  auto ch = static_cast<size_t>(channels);
  auto partial = numbers.values(static_cast<size_t>(sets * tiles) * 2 * ch), dweight = numbers.values(ch);
  std::vector<double> sums(static_cast<size_t>(sets) * 2 * ch), of_weight(ch), of_bias(ch);
  for (size_t c = 0; variant == 2 && c < ch; ++c) of_weight[c] = of_bias[c] = dweight[c];
  for (size_t i = 0; i < partial.size(); ++i) {
    sums[i / (static_cast<size_t>(tiles) * 2 * ch) * 2 * ch + i % (2 * ch)] += partial[i];
    (i / ch % 2 == 0 ? of_bias : of_weight)[i % ch] += partial[i];
  }
  Case c{"batch_norm_backward_tiles " + std::to_string(tiles) + " " + std::to_string(variant), {}, {}, {}};
  int from = c.add(partial), to = c.room(sums.size()), weight = c.add(dweight), bias = c.add(dweight);
  c.launches = {{"batch_norm_backward_tiles",
                 {channels, 1, 1},
                 {at(from), at(to), variant > 0 ? at(weight) : null(), variant > 0 ? at(bias) : null(), i32(channels),
                  i32(sets), i32(tiles), i32(variant == 2)}}};
  c.outputs = {{to, 1e-5, sums}};
  if (variant > 0) c.outputs.insert(c.outputs.end(), {{weight, 1e-5, of_weight}, {bias, 1e-5, of_bias}});
  list.push_back(c);
}

void backward_weight(std::vector<Case>& list, const NormLayer& k, int parts) {
  Normed on(k, "backward_weight", true);
  Case& c = on.c;
  std::vector<double> truth(k.weights());
  k.each([&](size_t x, size_t y, size_t w) { truth[w] += double{on.read[x]} * on.dy[y]; });
  int dweight = c.room(k.weights()), partial = c.room(static_cast<size_t>(parts) * (k.weights() + k.out));
  auto count = static_cast<int64_t>(k.weights());
  c.launches = {{k.kernel("backward_weight"),
                 {(k.out + 7) / 8 * 8, k.in, parts},
                 {half(on.x), half(on.at_dy), at(partial), i32(k.n), i32(k.h), i32(k.w), i32(k.in), i32(k.out),
                  at(on.statistics), at(on.scale), at(on.shift), i32(k.n / k.sets), f32(slope), i32(parts)}},
                {"sum_parts",
                 {count, 1, 1},
                 {at(partial), at(dweight), null(), i64(count), i32(k.out), i32(parts), f32(1.0f), i32(0)}}};
  c.outputs = {{dweight, summed, truth}};
  list.push_back(c);
}

// Statistics from moments of tiles far from zero, some of which are cut off by the image's edge.
void moments(std::vector<Case>& list, int sets, int images, int h, int w, int tile_rows, int channels, bool averages) {
  int bands = (h + tile_rows - 1) / tile_rows, columns = (w + 15) / 16, tiles = images * bands * columns;
  Numbers numbers(static_cast<uint64_t>(h));
  auto ch = static_cast<size_t>(channels);
  auto values = numbers.values(static_cast<size_t>(sets) * tiles * 2 * ch);
  for (size_t i = 0; i < values.size(); ++i) {
    bool mean = i / ch % 2 == 0;
    values[i] = mean ? 500.0f + values[i] : 100.0f + 50.0f * values[i];
  }
  auto mean = numbers.values(ch), variance = numbers.values(ch);
  std::vector<double> statistics(static_cast<size_t>(sets) * 2 * ch), new_mean(mean.begin(), mean.end());
  std::vector<double> new_variance(variance.begin(), variance.end());
  double pixels = double(images) * h * w;
  for (size_t set = 0; set < static_cast<size_t>(sets); ++set)
    for (size_t c = 0; c < ch; ++c) {
      double m = 0, deviation = 0;
      auto of = [&](int tile) {
        int row = tile / columns % bands * tile_rows, column = tile % columns * 16;
        size_t from = (set * static_cast<size_t>(tiles) + static_cast<size_t>(tile)) * 2 * ch + c;
        double count = double(std::min(tile_rows, h - row)) * std::min(16, w - column);
        return std::tuple{count, double{values[from]}, double{values[from + ch]}};
      };
      for (int tile = 0; tile < tiles; ++tile) {
        auto [count, of_tile, squares] = of(tile);
        m += count * of_tile / pixels;
      }
      for (int tile = 0; tile < tiles; ++tile) {
        auto [count, of_tile, squares] = of(tile);
        deviation += squares + count * (of_tile - m) * (of_tile - m);
      }
      statistics[set * 2 * ch + c] = m;
      statistics[set * 2 * ch + ch + c] = 1 / std::sqrt(deviation / pixels + 1e-5);
      new_mean[c] = 0.9 * new_mean[c] + 0.1 * m;
      new_variance[c] = 0.9 * new_variance[c] + 0.1 * deviation / (pixels - 1);
    }
  Case c{"batch_norm_moments " + std::to_string(sets) + " " + std::to_string(channels), {}, {}, {}};
  int from = c.add(values), to = c.room(statistics.size()), at_mean = c.add(mean), at_variance = c.add(variance);
  c.launches = {{"batch_norm_moments",
                 {channels, 1, 1},
                 {at(from), at(to), averages ? at(at_mean) : null(), averages ? at(at_variance) : null(), i32(images),
                  i32(h), i32(w), i32(tile_rows), i32(channels), i32(sets), f32(1e-5f), f32(0.1f)}}};
  c.outputs = {{to, 1e-6, statistics}};
  if (averages) {
    c.outputs.push_back({at_mean, 1e-6, new_mean});
    c.outputs.push_back({at_variance, 1e-5, new_variance});
  }
  list.push_back(c);
}

}  // namespace

void add_norm_convolutions(std::vector<Case>& list) {
  // Sides around those of a tile, 16 x 8 or 16 x 4 of y; channels around blocks of 8, chunks of 16 and tiles of 64.
  const NormLayer layers[] = {{1, 2, 1, 1, 5, 16, 2}, {1, 4, 9, 17, 40, 9, 2}, {1, 1, 8, 16, 17, 72, 1},
                              {2, 2, 1, 2, 5, 16, 2}, {2, 4, 9, 34, 40, 9, 2}, {2, 1, 8, 31, 17, 72, 1}};
  for (const NormLayer& layer : layers) {
    forward(list, layer, true);
    forward(list, layer, false);
    backward_input(list, layer, true);
    backward_input(list, layer, false);
    backward_weight(list, layer, 1);
    backward_weight(list, layer, 2);
  }
  tiles(list, 1, 1, 3, 0);
  tiles(list, 3, 40, 20, 1);
  tiles(list, 2, 7, 8, 2);
  moments(list, 1, 1, 1, 2, 4, 3, false);
  moments(list, 3, 2, 9, 17, 8, 20, true);
  moments(list, 2, 3, 47, 40, 4, 8, true);
}

}  // namespace cases
