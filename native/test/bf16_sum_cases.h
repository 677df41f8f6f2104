// Launches of the bf16 convolutions that leave sums over tiles of pixels, for a layer as bf16_convolution_cases.cpp has
// them.
#pragma once

#include "cases.h"
#include "convolution_cases.h"

namespace cases {

// Means made of the sums that the kernel leaves: of all its tiles, wherever it says there are.
template <class Layer>
void forward_sums(const Layer& layer, std::vector<Case>& list, Numbers& numbers, bool with_bias) {
  const int n = layer.n, h = layer.h, w = layer.w, in = layer.in, out = layer.out;
  Case c = layer.named("forward_sums");
  auto from = layer.x(), to = layer.y();
  auto values = from.draw(numbers), weight = layer.round_weights(numbers),
       bias = numbers.values(static_cast<size_t>(out));
  std::vector<double> truth(to.size()), mean(static_cast<size_t>(n) * bias.size());
  layer.each([&](size_t at_x, size_t at_y, size_t at_weight, int) {
    truth[at_y] += double{values[at_x]} * weight[at_weight];
  });
  for (int i = 0; i < n; ++i)
    for (int o = 0; o < out; ++o)
      for (int pixel = 0; pixel < h * w; ++pixel) {
        double& value = truth[to.at(i, o, pixel / w, pixel % w)];
        if (with_bias) value += bias[static_cast<size_t>(o)];
        mean[static_cast<size_t>(i * out + o)] += value / (h * w);
      }
  from.add(c, values);
  c.add(weight);
  c.add(bias);
  int at_y = to.add(c, std::vector<float>(to.size(), 7.0f)), tiles = (h + 7) / 8 * ((w + 15) / 16);
  int64_t count = layer.units(layer.rows(), in);
  int packed = c.room(static_cast<size_t>(count) * 4), sums = c.room(bias.size() * static_cast<size_t>(1 + n * tiles));
  int at_mean = c.room(mean.size()), hidden = c.room(static_cast<size_t>(n)), gate = c.room(mean.size());
  int zeros = c.add(std::vector<float>(bias.size()));
  layer.pack(c, "forward", packed, count);
  std::vector<Argument> arguments = {half(0), half(packed), with_bias ? at(2) : null(), half(at_y), at(sums)};
  for (int size : {n, h, w, in, out}) arguments.push_back(i32(size));
  c.launches.push_back({"conv3x3_forward_sums_bf16", {layer.rows(), w, h}, arguments, n});
  c.launches.push_back({"squeeze_excitation_forward",
                        {n, 1, 1},
                        {at(sums), at(zeros), at(zeros), at(zeros), at(zeros), at(at_mean), at(hidden), at(gate),
                         i32(n), i64(int64_t{h} * w), i32(out), i32(1)}});
  c.outputs = {{at_y, to.tolerance(), truth}, {at_mean, to.tolerance(), mean}};
  list.push_back(c);
}

enum class Added { nothing, in_place, elsewhere };

// What gates of 1/2 make of the sums that the kernel leaves, a quarter of all its tiles' together.
template <class Layer>
void backward_input_product(const Layer& layer, std::vector<Case>& list, Numbers& numbers, float scale, Added added) {
  const int n = layer.n, h = layer.h, w = layer.w, in = layer.in, out = layer.out;
  Case c = layer.named("backward_input_product");
  auto from = layer.y(), to = layer.x();
  auto dy = from.draw(numbers), weight = layer.round_weights(numbers), factor = to.draw(numbers),
       base = to.draw(numbers);
  std::vector<double> truth(to.size()), quarter(static_cast<size_t>(n * in));
  layer.each(
      [&](size_t at_x, size_t at_y, size_t at_weight, int) { truth[at_x] += double{dy[at_y]} * weight[at_weight]; });
  for (size_t i = 0; i < truth.size(); ++i) truth[i] = scale * truth[i] + (added == Added::nothing ? 0.0f : base[i]);
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < in; ++k)
      for (int pixel = 0; pixel < h * w; ++pixel) {
        size_t place = to.at(i, k, pixel / w, pixel % w);
        quarter[static_cast<size_t>(i * in + k)] += truth[place] * factor[place] / 4;
      }
  from.add(c, dy);
  c.add(weight);
  int at_factor = to.add(c, factor), at_base = to.add(c, base);
  int at_dx = added == Added::in_place ? at_base : to.add(c, std::vector<float>(to.size(), 7.0f));
  int64_t count = layer.units(in, layer.rows());
  auto gates = quarter.size();
  int packed = c.room(static_cast<size_t>(count) * 4), tiles = (h + 7) / 8 * ((w + 15) / 16);
  int sums = c.room(static_cast<size_t>(in * (1 + n * tiles))), gate = c.add(std::vector<float>(gates, 0.5f));
  int zeros = c.add(std::vector<float>(gates)), dexpand = c.room(gates), dmean = c.room(gates);
  int dreduce = c.room(static_cast<size_t>(n));
  layer.pack(c, "backward", packed, count);
  std::vector<Argument> arguments = {half(0),         half(packed), added == Added::nothing ? no_half() : half(at_base),
                                     half(at_factor), half(at_dx),  at(sums)};
  for (int size : {n, h, w, in, out}) arguments.push_back(i32(size));
  arguments.push_back(f32(scale));
  c.launches.push_back({"conv3x3_backward_input_product_bf16", {to.numbers(), w, h}, arguments, n});
  c.launches.push_back({"squeeze_excitation_backward",
                        {n, 1, 1},
                        {null(), at(sums), at(zeros), at(zeros), at(zeros), at(gate), at(dexpand), at(dreduce),
                         at(dmean), i32(n), i32(in), i32(1)}});
  c.outputs = {{at_dx, to.tolerance(), truth}, {dexpand, to.tolerance(), quarter}};
  list.push_back(c);
}

}  // namespace cases
