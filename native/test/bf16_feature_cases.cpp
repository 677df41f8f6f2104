#include "bf16_feature_cases.h"

#include <cmath>

#include "bf16_cases.h"
#include "convolution_cases.h"

namespace cases {
namespace {

constexpr Output same_bits(int buffer) { return {buffer, -1, {}}; }

// n images of `pixels` pixels in blocks of 8 channels.
struct Planes {
  int n, pixels, channels;

  int64_t stored() const { return int64_t{n} * ((channels + 7) / 8) * 8 * pixels; }
  size_t few() const { return static_cast<size_t>(n) * static_cast<size_t>(channels); }
  double value(const std::vector<uint16_t>& values, int image, int c, int pixel) const {
    int64_t block = (int64_t{image} * ((channels + 7) / 8) + c / 8) * pixels + pixel;
    return bf16_value(values[static_cast<size_t>(block * 8 + c % 8)]);
  }
};

Case named(const std::string& kernel, const Planes& p) {
  return {kernel + "_bf16 " + std::to_string(p.pixels) + " " + std::to_string(p.channels), {}, {}, {}};
}

// The sum over the pixels of each channel of an image, of term(image, c, pixel).
template <class Term>
std::vector<double> over_pixels(const Planes& p, Term term) {
  std::vector<double> sums(p.few());
  for (int image = 0; image < p.n; ++image)
    for (int c = 0; c < p.channels; ++c)
      for (int i = 0; i < p.pixels; ++i) {
        sums[static_cast<size_t>(image) * static_cast<size_t>(p.channels) + static_cast<size_t>(c)] +=
            term(image, c, i);
      }
  return sums;
}

void pool_and_gate(std::vector<Case>& list) {
  for (const Planes& p : {Planes{2, 7, 3}, {1, 515, 33}, {3, 35, 64}}) {
    Numbers numbers(static_cast<uint64_t>(p.pixels));
    auto maps = [&] { return blocked(numbers, p.n, p.channels, p.pixels); };
    auto few = [&] { return numbers.values(p.few()); };
    Argument n = i32(p.n), pixels = i64(p.pixels), channels = i32(p.channels);
    int64_t rows = int64_t{8} * p.n;

    Case pool = named("global_average_pool_forward", p);
    auto x = maps(), y = maps();
    pool.add(x);
    pool.room(p.few());
    pool.launches = {
        {"global_average_pool_forward_bf16", {p.channels, rows, 1}, {half(0), at(1), n, pixels, channels}}};
    pool.outputs = {{1, 1e-5, over_pixels(p, [&](int i, int c, int at) { return p.value(x, i, c, at) / p.pixels; })}};
    list.push_back(pool);

    for (bool residual : {false, true}) {
      Case gate = named("channel_gate_forward", p);
      gate.add(maps());
      gate.add(few());
      gate.add(maps());
      gate.launches = {{"channel_gate_forward_bf16",
                        {p.stored(), 1, 1},
                        {half(0), at(1), residual ? half(2) : no_half(), half(2), n, pixels, channels}}};
      gate.outputs = {same_bits(2)};
      list.push_back(gate);
    }
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case spread = named("global_average_pool_backward", p);
      spread.add(few());
      spread.add(maps());
      spread.launches = {{"global_average_pool_backward_bf16",
                          {p.stored(), 1, 1},
                          {at(0), half(1), n, pixels, channels, i32(accumulate)}}};
      spread.outputs = {same_bits(1)};
      Case input = named("channel_gate_backward_input", p);
      input.add(maps());
      input.add(few());
      input.add(maps());
      input.launches = {{"channel_gate_backward_input_bf16",
                         {p.stored(), 1, 1},
                         {half(0), at(1), half(2), n, pixels, channels, i32(accumulate)}}};
      input.outputs = {same_bits(2)};
      Case both = named("channel_gate_backward_mean", p);
      both.add(maps());
      both.add(few());
      both.add(few());
      both.add(maps());
      both.launches = {{"channel_gate_backward_mean_bf16",
                        {p.stored(), 1, 1},
                        {half(0), at(1), at(2), half(3), n, pixels, channels, i32(accumulate)}}};
      both.outputs = {same_bits(3)};
      list.insert(list.end(), {spread, input, both});
    }
    Case gradient = named("channel_gate_backward_gate", p);
    gradient.add(x);
    gradient.add(y);
    gradient.room(p.few());
    gradient.launches = {{"channel_gate_backward_gate_bf16",
                          {p.channels, rows, 1},
                          {half(0), half(1), at(2), n, pixels, channels, i32(0)}}};
    gradient.outputs = {
        {2, 1e-5, over_pixels(p, [&](int i, int c, int at) { return p.value(x, i, c, at) * p.value(y, i, c, at); })}};
    list.push_back(gradient);
  }
}

double likeness(const Planes& p, const std::vector<uint16_t>& x, const std::vector<uint16_t>& samples, int set,
                int image, int pixel, bool distance) {
  double xx = 0, yy = 0, xy = 0, apart = 0;
  for (int c = 0; c < p.channels; ++c) {
    double a = p.value(x, image, c, pixel), b = p.value(samples, set * p.n + image, c, pixel);
    xx += a * a;
    yy += b * b;
    xy += a * b;
    apart += std::fabs(a - b);
  }
  return distance ? apart / p.channels : xy / std::sqrt(xx) / std::sqrt(yy);
}

// Forward and backward in one; the similarities are those of the definition.
void contrast(std::vector<Case>& list, const Planes& p, int sets, bool distance, int accumulate) {
  Numbers numbers(static_cast<uint64_t>(p.channels));
  const int parts = (p.pixels + 31) / 32, kind = distance ? 2 : 0;
  auto x = blocked(numbers, p.n, p.channels, p.pixels), y = blocked(numbers, sets * p.n, p.channels, p.pixels);
  std::vector<double> similarity;
  for (int set = 0; set < sets; ++set)
    for (int image = 0; image < p.n; ++image) {
      double sum = 0;
      for (int i = 0; i < p.pixels; ++i) sum += likeness(p, x, y, set, image, i, distance);
      similarity.push_back(sum / p.pixels);
    }
  Case c = named(distance ? "info_nce_distance" : "info_nce_cosine", p);
  c.add(x);
  c.add(y);
  const int dloss = c.add(std::vector<float>{1.5f}), dx = c.add(blocked(numbers, p.n, p.channels, p.pixels));
  const int partial = c.room(static_cast<size_t>(p.n * parts * sets));
  const int terms = c.room(static_cast<size_t>(p.n * p.pixels * (2 * sets + 1)));
  const int means = c.room(similarity.size()), slope = c.room(similarity.size()), loss = c.room(1), report = c.room(2);
  const int64_t blocks = int64_t{p.n} * parts * 256;
  Argument n = i32(p.n), pixels = i32(p.pixels), channels = i32(p.channels), all = i32(sets), add = i32(accumulate);
  const float each = 1.0f / static_cast<float>(distance ? p.pixels * p.channels : p.pixels);
  if (distance) {
    c.launches.push_back(
        {"info_nce_distance_forward_bf16", {blocks, 1, 1}, {half(0), half(1), at(partial), n, pixels, channels, all}});
  } else {
    c.launches.push_back({"info_nce_cosine_forward_bf16",
                          {blocks, 1, 1},
                          {half(0), half(1), at(terms), at(partial), n, pixels, channels, all}});
  }
  c.launches.push_back(
      {"info_nce_mean", {int64_t{sets} * p.n, 1, 1}, {at(partial), at(means), n, i32(parts), all, f32(each)}});
  c.launches.push_back(
      {"info_nce_weigh",
       {1, 1, 1},
       {at(means), at(slope), at(loss), at(report), n, all, i32(sets / 2), i32(1), i32(kind), f32(2.0f), f32(0.5f)}});
  if (distance) {
    c.launches.push_back({"info_nce_distance_backward_bf16",
                          {p.stored(), 1, 1},
                          {half(0), half(1), at(slope), at(dloss), half(dx), n, pixels, channels, all, add}});
  } else {
    c.launches.push_back(
        {"info_nce_cosine_backward_bf16",
         {int64_t{p.n} * p.pixels * 32, 1, 1},
         {half(0), half(1), at(terms), at(slope), at(dloss), half(dx), n, pixels, channels, all, add}});
  }
  c.outputs = {{means, 2e-6, similarity}, same_bits(dx)};
  list.push_back(c);
}

void haar(std::vector<Case>& list) {
  for (auto [n, h, w] : {std::tuple{1, 2, 2}, {2, 6, 10}, {1, 4, 70}}) {
    Numbers numbers(static_cast<uint64_t>(w));
    auto size = static_cast<size_t>(n * h * w) * 3;
    int pixels = h / 2 * (w / 2);
    int64_t items = int64_t{n} * pixels * 3;
    Case forward{"haar_transform_forward_bf16 " + std::to_string(w), {}, {}, {same_bits(1)}};
    forward.add(numbers.values(size));
    forward.add(blocked(numbers, n, 9, pixels));
    forward.launches = {
        {"haar_transform_forward_bf16", {items, 1, 1}, {at(0), half(1), i32(n), i32(h), i32(w), i32(3)}}};
    list.push_back(forward);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case backward{"haar_transform_backward_bf16 " + std::to_string(w), {}, {}, {same_bits(1)}};
      backward.add(blocked(numbers, n, 9, pixels));
      backward.add(numbers.values(size));
      backward.launches = {{"haar_transform_backward_bf16",
                            {items, 1, 1},
                            {half(0), at(1), i32(n), i32(h), i32(w), i32(3), i32(accumulate)}}};
      list.push_back(backward);
    }
  }
}

// Windows that overlap and windows of one number; results by definition are checked by the operation's test.
void adaptive_average_pool(std::vector<Case>& list) {
  const int shapes[][6] = {{1, 1, 1, 5, 4, 4}, {2, 6, 7, 17, 4, 4}, {1, 9, 12, 8, 4, 3}};
  for (const auto& [n, h, w, channels, rows, columns] : shapes) {
    Numbers numbers(static_cast<uint64_t>(h));
    const Planes x{n, h * w, channels}, y{n, rows * columns, channels};
    const auto sizes = {i32(n), i32(h), i32(w), i32(channels), i32(rows), i32(columns)};
    Case c = named("adaptive_average_pool", x);
    c.add(blocked(numbers, n, channels, x.pixels));
    c.add(blocked(numbers, n, channels, y.pixels));
    Case forward = c;
    std::vector<Argument> arguments = {half(0), half(1)};
    arguments.insert(arguments.end(), sizes);
    forward.launches = {{"adaptive_average_pool_forward_bf16", {y.stored(), 1, 1}, arguments}};
    forward.outputs = {same_bits(1)};
    list.push_back(forward);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case backward = c;
      arguments = {half(1), half(0)};
      arguments.insert(arguments.end(), sizes);
      arguments.push_back(i32(accumulate));
      backward.launches = {{"adaptive_average_pool_backward_bf16", {x.stored(), 1, 1}, arguments}};
      backward.outputs = {same_bits(0)};
      list.push_back(backward);
    }
  }
}

// Blocks of channels that are met in part, as a whole, and by what fills up; results by definition are checked by the
// operation's test.
void channel_copy(std::vector<Case>& list) {
  const int shapes[][5] = {{5, 1, 9, 4, 3}, {33, 8, 24, 8, 16}, {21, 0, 40, 13, 21}};
  for (const auto& [from, first, to, at, count] : shapes) {
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Numbers numbers(static_cast<uint64_t>(from));
      const int n = 2, pixels = 37, touched = (at + count - 1) / 8 - at / 8 + 1;
      Case c = named("channel_copy", {n, pixels, count});
      c.add(blocked(numbers, n, from, pixels));
      c.add(blocked(numbers, n, to, pixels));
      c.launches = {{"channel_copy_bf16",
                     {int64_t{n} * pixels * touched * 8, 1, 1},
                     {half(0), half(1), i32(n), i64(pixels), i32(from), i32(first), i32(to), i32(at), i32(count),
                      i32(accumulate)}}};
      c.outputs = {same_bits(1)};
      list.push_back(c);
    }
  }
}

}  // namespace

void add_bf16_features(std::vector<Case>& list) {
  pool_and_gate(list);
  adaptive_average_pool(list);
  channel_copy(list);
  for (bool distance : {false, true}) {
    contrast(list, {2, 3, 5}, 4, distance, 0);
    contrast(list, {1, 33, 17}, 2, distance, 1);
    contrast(list, {2, 40, 72}, 3, distance, 0);
  }
  haar(list);
}

}  // namespace cases
