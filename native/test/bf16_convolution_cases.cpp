#include "bf16_convolution_cases.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "bf16_sum_cases.h"
#include "convolution_cases.h"

namespace cases {
namespace {

// bf16 numbers have 8 bits: half a unit in the last place of the largest value, and fp32 sums in another order.
constexpr double rounded = 1.0 / 256 + 1e-5, summed = 2e-5;

// Features in bf16 or a picture in fp32: n images of h x w pixels with c channels.
struct Images {
  int n, c, h, w;
  bool picture;

  int numbers() const { return picture ? c : (c + 7) / 8 * 8; }
  size_t size() const { return static_cast<size_t>(n) * numbers() * h * w; }
  size_t at(int image, int channel, int row, int column) const {
    size_t rows = static_cast<size_t>(h), columns = static_cast<size_t>(w);
    size_t i = static_cast<size_t>(image), r = static_cast<size_t>(row), q = static_cast<size_t>(column);
    size_t k = static_cast<size_t>(channel), count = static_cast<size_t>(numbers());
    if (picture) return ((i * rows + r) * columns + q) * count + k;
    return (((i * (count / 8) + k / 8) * rows + r) * columns + q) * 8 + k % 8;
  }
  // Random numbers that bf16 holds exactly; zeros in channels that fill up.
  std::vector<float> draw(Numbers& numbers) const {
    auto drawn = numbers.values(size());
    std::vector<float> values(size());
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < c; ++k)
        for (int r = 0; r < h; ++r)
          for (int q = 0; q < w; ++q) values[at(i, k, r, q)] = bf16_value(bf16_upper(drawn[at(i, k, r, q)]));
    return values;
  }
  int add(Case& to, const std::vector<float>& values) const {
    if (picture) return to.add(values);
    std::vector<uint16_t> halves(values.size());
    std::transform(values.begin(), values.end(), halves.begin(), bf16_upper);
    return to.add(halves);
  }
  Argument argument(int buffer) const { return picture ? cases::at(buffer) : half(buffer); }
  Argument absent() const { return picture ? null() : no_half(); }
  double tolerance() const { return picture ? summed : rounded; }
};

struct Layer {
  int side, n, h, w, in, out, shuffle;
  bool x_picture, y_picture;
  int stride = 1;  // 2: strided_conv3x3, which has neither pictures nor anything around the sum

  bool shuffles() const { return stride == 1 && side > 1; }
  int rows_out() const { return (h + stride - 1) / stride; }
  int columns_out() const { return (w + stride - 1) / stride; }
  Images x() const { return {n, in, h, w, x_picture}; }
  Images y() const { return {n, out / (shuffle * shuffle), rows_out() * shuffle, columns_out() * shuffle, y_picture}; }
  std::vector<Argument> sizes() const {
    std::vector<Argument> list;
    for (int size : {n, h, w, in, out}) list.push_back(i32(size));
    if (shuffles()) list.push_back(i32(shuffle));
    return list;
  }
  int rows() const { return y().numbers() * shuffle * shuffle; }
  std::string kernel(const std::string& pass, bool form = false) const {
    std::string suffix = form ? (x_picture ? "_head" : y_picture ? "_tail" : "") : "";
    return std::string(stride == 2 ? "strided_" : "") + "conv" + std::to_string(side) + "x" + std::to_string(side) +
           "_" + pass + suffix + "_bf16";
  }
  Case named(const std::string& pass) const {
    std::string text = kernel(pass, true);
    for (int size : {n, h, w, in, out, shuffle}) text += " " + std::to_string(size);
    return {text, {}, {}, {}};
  }
  size_t weights() const { return static_cast<size_t>(out) * in * side * side; }

  static void append(std::vector<Argument>& to, const std::vector<Argument>& more) {
    to.insert(to.end(), more.begin(), more.end());
  }

  // Calls f(index of x, index of y, index of weight, o) for each product of the sum.
  template <class F>
  void each(F f) const {
    Images from = x(), to = y();
    for (int i = 0; i < n; ++i)
      for (int o = 0; o < out; ++o)
        for (int row = 0; row < rows_out(); ++row)
          for (int column = 0; column < columns_out(); ++column) {
            int sub = o % (shuffle * shuffle);
            size_t at_y =
                to.at(i, o / (shuffle * shuffle), row * shuffle + sub / shuffle, column * shuffle + sub % shuffle);
            for (int k = 0; k < in; ++k)
              for (int tap = 0; tap < side * side; ++tap) {
                int r = row * stride + tap / side - side / 2, q = column * stride + tap % side - side / 2;
                if (r < 0 || r >= h || q < 0 || q >= w) continue;
                f(from.at(i, k, r, q), at_y, static_cast<size_t>((o * in + k) * side * side + tap), o);
              }
          }
  }

  // Packs the weights in buffer 1.
  void pack(Case& to, const std::string& direction, int packed, int64_t units) const {
    std::vector<Argument> arguments = {at(1), half(packed), i32(in), i32(out)};
    if (shuffles()) arguments.push_back(i32(shuffle));
    if (stride == 1) arguments.push_back(i32(y_picture));
    to.launches.push_back({kernel("pack_" + direction), {units, 1, 1}, arguments});
  }
  int64_t units(int m, int k) const { return int64_t{(m + 63) / 64} * ((k + 15) / 16) * side * side * 128; }

  std::vector<float> round_weights(Numbers& numbers) const {
    auto weight = numbers.values(weights());
    for (float& value : weight) value = bf16_value(bf16_upper(value));
    return weight;
  }

  void forward(std::vector<Case>& list, Numbers& numbers, bool with_bias, bool with_residual, bool relu,
               float scale) const {
    Case c = named("forward");
    Images from = x(), to = y();
    auto values = from.draw(numbers), weight = round_weights(numbers), residual = to.draw(numbers);
    auto bias = numbers.values(static_cast<size_t>(out));
    std::vector<double> sums(to.size()), truth(to.size());
    std::vector<int> channel(to.size(), -1);
    each([&](size_t at_x, size_t at_y, size_t at_weight, int o) {
      sums[at_y] += double{values[at_x]} * weight[at_weight];
      channel[at_y] = o;
    });
    for (size_t i = 0; i < truth.size(); ++i) {
      if (channel[i] < 0) continue;
      double value = sums[i] + (with_bias ? bias[static_cast<size_t>(channel[i])] : 0.0f);
      truth[i] = (relu && value < 0 ? 0 : scale * value) + (with_residual ? residual[i] : 0.0f);
    }
    from.add(c, values);
    c.add(weight);
    c.add(bias);
    int at_residual = to.add(c, residual), at_y = to.add(c, std::vector<float>(to.size(), 7.0f));
    int64_t count = units(rows(), in);
    int packed = c.room(static_cast<size_t>(count) * 4);
    pack(c, "forward", packed, count);
    bool epilogue = side == 3 && stride == 1;
    std::vector<Argument> arguments = {from.argument(0), half(packed)};
    if (stride == 1) arguments.push_back(with_bias ? at(2) : null());
    if (epilogue) arguments.push_back(with_residual ? to.argument(at_residual) : to.absent());
    arguments.push_back(to.argument(at_y));
    append(arguments, sizes());
    if (epilogue) arguments.insert(arguments.end(), {i32(relu), f32(scale)});
    c.launches.push_back({kernel("forward", true), {rows(), columns_out(), rows_out()}, arguments, n});
    c.outputs = {{at_y, to.tolerance(), truth}};
    list.push_back(c);
  }

  void backward_input(std::vector<Case>& list, Numbers& numbers, bool masked, float scale, int accumulate,
                      bool skip = false) const {
    Case c = named(skip ? "backward_input_skip" : "backward_input");
    Images from = y(), to = x();
    auto dy = from.draw(numbers), weight = round_weights(numbers), mask = to.draw(numbers), dx = to.draw(numbers);
    std::vector<double> truth(to.size());
    each([&](size_t at_x, size_t at_y, size_t at_weight, int) { truth[at_x] += double{dy[at_y]} * weight[at_weight]; });
    for (size_t i = 0; i < truth.size(); ++i) {
      truth[i] = (masked && !(mask[i] > 0) ? 0.0 : scale * truth[i]) + (accumulate || skip ? dx[i] : 0.0f);
    }
    from.add(c, dy);
    c.add(weight);
    int at_mask = to.add(c, mask), at_added = to.add(c, dx);
    int at_dx = skip ? to.add(c, std::vector<float>(to.size(), 7.0f)) : at_added;
    int64_t count = units(in, rows());
    int packed = c.room(static_cast<size_t>(count) * 4);
    pack(c, "backward", packed, count);
    std::vector<Argument> arguments = {from.argument(0), half(packed)};
    if (shuffles()) arguments.push_back(masked ? to.argument(at_mask) : to.absent());
    if (skip) arguments.push_back(to.argument(at_added));
    arguments.push_back(to.argument(at_dx));
    append(arguments, sizes());
    if (shuffles()) arguments.push_back(f32(scale));
    if (!skip) arguments.push_back(i32(accumulate));
    c.launches.push_back({kernel(skip ? "backward_input_skip" : "backward_input", true),
                          {to.numbers(), columns_out(), rows_out()},
                          arguments,
                          n});
    c.outputs = {{at_dx, to.tolerance(), truth}};
    list.push_back(c);
  }

  void backward_weight(std::vector<Case>& list, Numbers& numbers, int parts, float scale, int accumulate) const {
    Case c = named("backward_weight");
    Images from = x(), to = y();
    auto values = from.draw(numbers), dy = to.draw(numbers), dweight = numbers.values(weights());
    auto dbias = numbers.values(static_cast<size_t>(out));
    std::vector<double> truth(weights()), bias_truth(dbias.size());
    each([&](size_t at_x, size_t at_y, size_t at_weight, int o) {
      truth[at_weight] += double{values[at_x]} * dy[at_y];
      size_t centre = static_cast<size_t>(o * in * side * side + side * side / 2);  // reads every pixel once
      if (at_weight == centre) bias_truth[static_cast<size_t>(o)] += dy[at_y];
    });
    auto finish = [&](std::vector<double>& sums, const std::vector<float>& before) {
      for (size_t i = 0; i < sums.size(); ++i) sums[i] = scale * sums[i] + (accumulate ? before[i] : 0.0f);
    };
    finish(truth, dweight);
    finish(bias_truth, dbias);
    from.add(c, values);
    int at_dy = to.add(c, dy), at_dweight = c.add(dweight), at_dbias = c.add(dbias);
    int partial = c.room(static_cast<size_t>(parts) * (weights() + dbias.size()));
    std::vector<Argument> arguments = {from.argument(0), to.argument(at_dy), at(partial)};
    append(arguments, sizes());
    arguments.push_back(i32(parts));
    auto count = static_cast<int64_t>(weights());
    c.launches = {
        {kernel("backward_weight", true), {rows(), in, parts}, arguments},
        {"sum_parts",
         {count + out, 1, 1},
         {at(partial), at(at_dweight), at(at_dbias), i64(count), i32(out), i32(parts), f32(scale), i32(accumulate)}}};
    c.outputs = {{at_dweight, summed, truth}, {at_dbias, summed, bias_truth}};
    list.push_back(c);
  }

  // A tail's picture compared with a target: the convolution but for the ring of outermost pixels, which is that of
  // four strips, and the sums of both.
  void forward_loss(std::vector<Case>& list, Numbers& numbers, bool with_picture, float scale) const {
    Case c = named(with_picture ? "forward_loss and picture" : "forward_loss");
    Images from = x(), to = y();
    const int r = shuffle, rows = h * r, columns = w * r;
    const float mean[] = {0.45f, 0.25f, -0.5f}, slope = 0.03f, weight_of_loss = 0.75f;
    auto values = from.draw(numbers), weight = round_weights(numbers);
    auto bias = numbers.values(static_cast<size_t>(out)), apart = numbers.values(to.size());
    const Images strips[] = {{n, 3, 3 * r, columns, true},
                             {n, 3, 3 * r, columns, true},
                             {n, 3, rows, 3 * r, true},
                             {n, 3, rows, 3 * r, true}};
    std::vector<float> drawn[4];
    for (int k = 0; k < 4; ++k) drawn[k] = numbers.values(strips[k].size());
    std::vector<double> picture(to.size()), gradient(to.size());
    std::vector<float> target(to.size());
    each([&](size_t at_x, size_t at_y, size_t at_weight, int) {
      picture[at_y] += double{values[at_x]} * weight[at_weight];
    });
    double loss[2] = {}, signs[2] = {};  // of the product and of the ring
    for (int i = 0; i < n; ++i)
      for (int colour = 0; colour < 3; ++colour)
        for (int row = 0; row < rows; ++row)
          for (int column = 0; column < columns; ++column) {
            size_t at_y = to.at(i, colour, row, column);
            int side = row < r ? 0 : row >= rows - r ? 1 : column < r ? 2 : column >= columns - r ? 3 : -1;
            double number = picture[at_y] + bias[static_cast<size_t>(colour * r * r + row % r * r + column % r)];
            if (side >= 0) {
              int strip_row = side == 1 ? row - rows + 3 * r : row;
              int strip_column = side == 3 ? column - columns + 3 * r : column;
              number = drawn[side][strips[side].at(i, colour, strip_row, strip_column)];
            }
            picture[at_y] = number = scale * number + mean[colour];
            bool equal = side >= 0 && column % 3 == 1;  // as floats; else beyond what rounding does
            float distance = equal ? 0 : apart[at_y] + (apart[at_y] < 0 ? -0.1f : 0.1f);
            target[at_y] = equal ? scale * static_cast<float>((number - mean[colour]) / scale) + mean[colour]
                                 : static_cast<float>(number + distance);
            gradient[at_y] = equal ? 0 : double{distance < 0 ? slope : -slope};
            loss[side >= 0] += equal ? 0 : std::fabs(number - target[at_y]);
            signs[side >= 0] += !equal;
          }
    from.add(c, values);
    c.add(weight);
    c.add(bias);
    int strip[4];
    for (int k = 0; k < 4; ++k) strip[k] = c.add(drawn[k]);
    int at_target = c.add(target), at_picture = c.room(to.size()), at_gradient = c.room(to.size());
    int tiles = n * ((h + 7) / 8) * ((w + 15) / 16);
    int64_t ring = int64_t{18} * n * (h + w) * r * r;
    int blocks = static_cast<int>((ring + 255) / 256);
    int partial = c.room(static_cast<size_t>(tiles)), counts = c.room(static_cast<size_t>(tiles));
    int ring_partial = c.room(static_cast<size_t>(blocks)), ring_counts = c.room(static_cast<size_t>(blocks));
    int64_t count = units(out, in);
    int packed = c.room(static_cast<size_t>(count) * 4);
    pack(c, "forward", packed, count);
    Argument pointer = with_picture ? at(at_picture) : null();
    std::vector<Argument> product = {from.argument(0), half(packed),    at(2),       at(at_target),
                                     pointer,          at(at_gradient), at(partial), at(counts)};
    append(product, sizes());
    std::vector<Argument> pasted = {
        at(strip[0]),     at(strip[1]),    at(strip[2]), at(strip[3]), at(at_target), pointer, at(at_gradient),
        at(ring_partial), at(ring_counts), i32(n),       i32(h),       i32(w),        i32(r)};
    std::vector<Argument> colours = {f32(scale), f32(mean[0]), f32(mean[1]), f32(mean[2]), f32(slope)};
    append(product, colours);
    append(pasted, colours);
    c.launches.push_back({kernel("forward_loss"), {out, w, h}, product, n});
    c.launches.push_back({"tail_ring_loss", {ring, 1, 1}, pasted});
    float factor = 1.0f / static_cast<float>(to.size());
    for (int part = 0; part < 2; ++part) {
      int mean_loss = c.room(1), weighted = c.room(1), norm = c.room(1);
      c.launches.push_back(
          {"tail_loss_reduce",
           {1, 1, 1},
           {at(part ? ring_partial : partial), at(part ? ring_counts : counts), at(mean_loss), at(weighted), at(norm),
            i32(part ? blocks : tiles), f32(factor), f32(weight_of_loss), f32(slope)}});
      c.outputs.push_back({mean_loss, summed, {factor * loss[part]}});
      c.outputs.push_back({weighted, summed, {weight_of_loss * factor * loss[part]}});
      c.outputs.push_back({norm, 1e-6, {slope * std::sqrt(signs[part])}});
    }
    if (with_picture) c.outputs.push_back({at_picture, summed, picture});
    c.outputs.push_back({at_gradient, 1e-7, gradient});
    list.push_back(c);
  }

  // Several layers of this shape in one launch, each with its scale; the second has no bias.
  void backward_weights(std::vector<Case>& list, Numbers& numbers, int layers, int parts) const {
    Case c = named("backward_weight_group " + std::to_string(parts));
    int slices = std::min(parts, 4);
    size_t stride = weights() + static_cast<size_t>(out);
    std::vector<int64_t> words;
    for (int layer = 0; layer < layers; ++layer) {
      float scale = 1.0f / static_cast<float>(layer + 1);
      auto values = x().draw(numbers), dy = y().draw(numbers);
      std::vector<double> truth(weights()), bias_truth(static_cast<size_t>(out));
      each([&](size_t at_x, size_t at_y, size_t at_weight, int o) {
        truth[at_weight] += double{scale} * values[at_x] * dy[at_y];
        size_t centre = static_cast<size_t>(o * in * side * side + side * side / 2);  // reads every pixel once
        if (at_weight == centre) bias_truth[static_cast<size_t>(o)] += double{scale} * dy[at_y];
      });
      int buffers[] = {x().add(c, values), y().add(c, dy), c.room(weights()), c.room(static_cast<size_t>(out))};
      for (int k = 0; k < 4; ++k) {
        if (layer != 1 || k < 3) c.links.push_back({0, words.size() + static_cast<size_t>(k), buffers[k], 0});
      }
      int32_t bits;
      std::memcpy(&bits, &scale, sizeof bits);
      words.insert(words.end(), {0, 0, 0, 0, bits});
      c.outputs.push_back({buffers[2], summed, truth});
      if (layer != 1) c.outputs.push_back({buffers[3], summed, bias_truth});
    }
    int table = c.add(words), partial = c.room(stride * static_cast<size_t>(layers * slices));
    for (Link& link : c.links) link.buffer = table, link.base = partial;
    std::vector<Argument> arguments = {at(table), at(partial)};
    for (int size : {n, h, w, in, out, parts}) arguments.push_back(i32(size));
    c.launches = {{"conv3x3_backward_weight_group", {rows(), in, slices}, arguments, layers},
                  {"sum_parts_group",
                   {static_cast<int64_t>(stride), layers, 1},
                   {at(partial), at(table), i64(static_cast<int64_t>(weights())), i32(out), i32(slices)}}};
    list.push_back(c);
  }
};

// The ring of a picture's gradient goes to four strips and becomes 0.
void tail_ring_backward(std::vector<Case>& list, int n, int h, int w, int r) {
  Numbers numbers(static_cast<uint64_t>(h));
  Case c{"tail_ring_backward " + std::to_string(h) + " " + std::to_string(w) + " " + std::to_string(r), {}, {}, {}};
  const int rows = h * r, columns = w * r;
  const Images whole = {n, 3, rows, columns, true};
  auto gradient = numbers.values(whole.size());
  std::vector<double> rest(gradient.begin(), gradient.end());
  c.add(gradient);
  std::vector<Argument> arguments = {at(0)};
  for (int side = 0; side < 4; ++side) {
    const Images strip = side < 2 ? Images{n, 3, 3 * r, columns, true} : Images{n, 3, rows, 3 * r, true};
    std::vector<double> truth(strip.size());
    for (int i = 0; i < n; ++i)
      for (int colour = 0; colour < 3; ++colour)
        for (int row = 0; row < rows; ++row)
          for (int column = 0; column < columns; ++column) {
            bool above = row < r, below = row >= rows - r, left = column < r, right = column >= columns - r;
            bool inside[] = {above, below, left && !above && !below, right && !above && !below};
            if (!inside[side]) continue;
            size_t from = whole.at(i, colour, row, column);
            truth[strip.at(i, colour, side == 1 ? row - rows + 3 * r : row,
                           side == 3 ? column - columns + 3 * r : column)] = gradient[from];
            rest[from] = 0;
          }
    arguments.push_back(at(c.room(strip.size())));
    c.outputs.push_back({side + 1, 0, truth});
  }
  c.outputs.push_back({0, 0, rest});
  for (int size : {n, h, w, r}) arguments.push_back(i32(size));
  c.launches = {{"tail_ring_backward", {int64_t{18} * n * (h + w) * r * r, 1, 1}, arguments}};
  list.push_back(c);
}

}  // namespace

void add_bf16_convolutions(std::vector<Case>& list) {
  // Sides around those of a tile, 16 x 8; channels around blocks of 8, chunks of 16 and tiles of 64.
  const Layer layers[] = {{3, 1, 1, 1, 5, 16, 1, false, false},   {3, 2, 7, 15, 16, 5, 1, false, false},
                          {3, 1, 9, 17, 64, 72, 1, false, false}, {3, 1, 8, 16, 72, 64, 1, false, false},
                          {3, 2, 3, 5, 16, 20, 2, false, false},  {3, 1, 3, 4, 9, 72, 3, false, false},
                          {3, 2, 9, 17, 3, 16, 1, true, false},   {3, 2, 9, 17, 16, 3, 1, false, true},
                          {3, 1, 3, 5, 16, 12, 2, false, true},   {3, 1, 2, 3, 3, 45, 3, true, false},
                          {5, 1, 1, 1, 5, 16, 1, false, false},   {5, 2, 9, 17, 17, 5, 1, false, false},
                          {5, 1, 3, 5, 16, 20, 2, false, false},  {5, 1, 7, 15, 3, 16, 1, true, false},
                          {5, 2, 3, 5, 16, 27, 3, false, true},   {5, 1, 3, 4, 64, 48, 4, false, true}};
  uint64_t seed = 100;
  for (const Layer& layer : layers) {
    Numbers numbers(++seed);
    bool three = layer.side == 3;
    layer.forward(list, numbers, true, false, three, 1.0f);
    layer.forward(list, numbers, false, three, false, three ? 0.5f : 1.0f);
    layer.backward_input(list, numbers, false, 1.0f, 0);
    layer.backward_input(list, numbers, true, 0.5f, 1);
    if (three && !layer.x_picture && !layer.y_picture) layer.backward_input(list, numbers, true, 0.5f, 0, true);
    layer.backward_weight(list, numbers, 1, 1.0f, 0);
    layer.backward_weight(list, numbers, 3, 0.5f, 1);
  }
  const Layer tails[] = {{5, 1, 3, 3, 5, 3, 1, false, true},
                         {5, 2, 9, 18, 17, 12, 2, false, true},
                         {5, 1, 5, 33, 8, 27, 3, false, true},
                         {5, 1, 17, 5, 9, 48, 4, false, true}};
  for (const Layer& layer : tails) {
    Numbers numbers(++seed);
    layer.forward_loss(list, numbers, true, 1.0f);
    layer.forward_loss(list, numbers, false, 0.25f);
  }
  tail_ring_backward(list, 1, 3, 3, 1);
  tail_ring_backward(list, 2, 4, 5, 3);
  const Layer summed[] = {{3, 1, 1, 1, 5, 16, 1, false, false},
                          {3, 2, 7, 18, 16, 5, 1, false, false},
                          {3, 2, 9, 17, 64, 72, 1, false, false},
                          {3, 1, 8, 16, 20, 64, 1, false, false}};
  for (const Layer& layer : summed) {
    Numbers numbers(++seed);
    forward_sums(layer, list, numbers, layer.n == 2);
    backward_input_product(layer, list, numbers, 1.0f, Added::nothing);
    backward_input_product(layer, list, numbers, 0.5f, Added::in_place);
    backward_input_product(layer, list, numbers, 1.0f, Added::elsewhere);
  }
  const Layer points[] = {{1, 1, 1, 1, 5, 16, 1, false, false},
                          {1, 2, 9, 17, 72, 5, 1, false, false},
                          {1, 1, 8, 16, 16, 72, 1, false, false},
                          {1, 3, 4, 4, 40, 1, 1, false, true},
                          {1, 2, 7, 18, 17, 3, 1, false, true}};
  for (const Layer& layer : points) {
    Numbers numbers(++seed);
    for (int variant = 0; variant < 2; ++variant) {
      layer.forward(list, numbers, variant == 0, false, false, 1.0f);
      layer.backward_input(list, numbers, false, 1.0f, variant);
      layer.backward_weight(list, numbers, 1 + 2 * variant, 1.0f, variant);
    }
  }
  for (int parts : {1, 3, 5, 11}) {
    Numbers numbers(++seed);
    Layer{3, 2, 17, 18, 20, 72, 1, false, false}.backward_weights(list, numbers, 3, parts);
  }
  // Odd and even sides, around those of a tile of 16 x 4 pixels of y.
  const Layer strided[] = {{3, 1, 1, 1, 5, 16, 1, false, false, 2},
                           {3, 2, 8, 34, 16, 5, 1, false, false, 2},
                           {3, 1, 9, 15, 72, 64, 1, false, false, 2},
                           {3, 2, 7, 32, 17, 72, 1, false, false, 2}};
  for (const Layer& layer : strided) {
    Numbers numbers(++seed);
    layer.forward(list, numbers, false, false, false, 1.0f);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      layer.backward_input(list, numbers, false, 1.0f, accumulate);
      layer.backward_weight(list, numbers, 1 + 2 * accumulate, 1.0f, accumulate);
    }
  }
}

}  // namespace cases
