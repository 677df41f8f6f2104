#include "training_cases.h"

#include <cmath>
#include <limits>

#include "convolution_cases.h"

namespace cases {
namespace {

void gradient_norm(std::vector<Case>& list) {
  for (int64_t count : {int64_t{1}, int64_t{255}, int64_t{257}, int64_t{70001}}) {
    Numbers numbers(13);
    Case c{"gradient_norm " + std::to_string(count), {}, {}, {}};
    auto x = numbers.values(static_cast<size_t>(count));
    double sum = 0;
    for (float value : x) sum += double{value} * value;
    c.add(x);
    int partial = c.room(256), norm = c.room(1);
    c.launches = {{"gradient_norm_parts", {256 * 256, 1, 1}, {at(0), at(partial), i64(count)}},
                  {"gradient_norm_reduce", {1, 1, 1}, {at(partial), at(norm), i32(256)}}};
    c.outputs = {{partial, 1e-5, {}}, {norm, 1e-5, {std::sqrt(sum)}}};
    list.push_back(c);
  }
}

// Steps before this one: 0.02 to 0.06 in an order that is not sorted, some of them equal.
std::vector<float> good_losses(int count) {
  std::vector<float> losses(50, 7.0f);
  for (int i = 0; i < count; ++i) losses[static_cast<size_t>(i)] = 0.02f + 0.01f * static_cast<float>(i * 7 % 5);
  return losses;
}

// Finding and report by one step's loss on pixels, what the embedding learns, and the gradient's norm.
void step_watch(std::vector<Case>& list) {
  const float infinite = std::numeric_limits<float>::infinity(), none = std::numeric_limits<float>::quiet_NaN();
  const struct {
    int filled;
    float pixels, embedding, loss, norm;
    int finding;
  } steps[] = {
      {50, 0.03f, 1, 0.05f, 2, 0},         {50, none, 1, 0.05f, 2, 1},    {50, infinite, none, none, none, 1},
      {50, 0.41f, 1, 0.05f, 2, 2},         {9, 0.41f, 1, 0.05f, 2, 0},    {10, 0.41f, none, 0.05f, 2, 2},
      {49, 0.39f, 1, 0.05f, 2, 0},         {50, 0.03f, none, none, 2, 3}, {0, 0.03f, 1, infinite, none, 4},
      {17, 0.03f, 1, 0.05f, -infinite, 5},
  };
  for (const auto& s : steps) {
    Case c{"step_watch " + std::to_string(s.filled) + " finding " + std::to_string(s.finding), {}, {}, {}};
    const int next = s.filled % 50;
    c.add(std::vector<int32_t>{9, s.filled, next, 0});
    std::vector<float> recent = good_losses(s.filled);
    c.add(recent);
    int pixels = c.add(std::vector<float>{s.pixels}), embedding = c.add(std::vector<float>{s.embedding});
    int loss = c.add(std::vector<float>{s.loss}), norm = c.add(std::vector<float>{s.norm});
    int term = c.add(std::vector<float>{2.5f}), one = c.add(std::vector<float>{1});
    int report = c.room(10);
    c.launches = {{"step_watch_pixels", {1, 1, 1}, {at(0), at(1), at(pixels), f32(10)}},
                  {"step_watch_embedding", {1, 1, 1}, {at(0), at(embedding), at(one)}},
                  {"step_watch_gradient",
                   {1, 1, 1},
                   {at(0), at(1), at(pixels), at(loss), at(norm), at(term), null(), null(), at(term), null(), null(),
                    at(report)}}};
    std::vector<double> want(recent.begin(), recent.end());
    if (s.finding == 0) want[static_cast<size_t>(next)] = s.pixels;
    c.outputs = {{0, -1, {}}, {1, 0, want}, {report, -1, {}}};
    if (s.finding == 0) c.outputs.push_back({report, 0, {0, s.pixels, s.loss, s.norm, 2.5, 0, 0, 2.5, 0, 0}});
    list.push_back(c);
  }
  for (int finding : {0, 3}) {
    Numbers numbers(3);
    Case c{"step_watch_revert " + std::to_string(finding), {}, {}, {}};
    auto values = numbers.values(257), kept = numbers.values(257);
    c.add(values);
    c.add(kept);
    c.add(std::vector<int32_t>{finding, 0, 0, 0});
    c.launches = {{"step_watch_revert", {257, 1, 1}, {at(0), at(1), at(2), i64(257)}}};
    const auto& want = finding == 0 ? values : kept;
    c.outputs = {{0, 0, std::vector<double>(want.begin(), want.end())}};
    list.push_back(c);
  }
}

// The first steps, the last whose correction is not 1, and one after it; and a step that is not taken.
void adam_corrections(std::vector<Case>& list) {
  for (int64_t before : {int64_t{0}, int64_t{1}, int64_t{999}, int64_t{12345678}}) {
    for (int finding : {0, 4}) {
      Case c{"adam_corrections " + std::to_string(before) + (finding ? " refused" : ""), {}, {}, {}};
      c.add(std::vector<float>{1e-3f, 0.9f, 0.999f, 1e-8f, 0.5f, 0.5f, 0, 0});
      c.add(std::vector<int64_t>{before});
      c.add(std::vector<int32_t>{finding});
      c.launches = {{"adam_corrections", {1, 1, 1}, {at(0), at(1), at(2)}}};
      const double t = static_cast<double>(before + 1);
      const double one = finding ? 0.5 : 1 - std::pow(double{0.9f}, t);
      const double two = finding ? 0.5 : 1 - std::pow(double{0.999f}, t);
      c.outputs = {{0, 1e-7, {double{1e-3f}, double{0.9f}, double{0.999f}, double{1e-8f}, one, two, 0, 0}},
                   {1, -1, {}}};
      list.push_back(c);
    }
  }
}

// A convolution's weight in flat memory, and what adam_packed_step makes copies of.
struct PackedWeight {
  int side, in, out, shuffle;
  bool picture, forward, backward;

  int channels() const { return out / (shuffle * shuffle); }
  int padded() const { return picture ? channels() : (channels() + 7) / 8 * 8; }
  int numbers() const { return padded() * shuffle * shuffle; }
  size_t count() const { return static_cast<size_t>(out) * in * side * side; }
  int rows(bool back) const { return back ? in : numbers(); }
  int depth(bool back) const { return back ? numbers() : in; }
  size_t packed(bool back) const {
    return static_cast<size_t>((rows(back) + 63) / 64) * ((depth(back) + 15) / 16) * side * side * 1024;
  }

  // What the copy of `weight` holds, by where mma.m16n8k16 has the weights of its first factor.
  std::vector<double> copy(const float* weight, bool back) const {
    std::vector<double> list(packed(back));
    int taps = side * side, chunks = (depth(back) + 15) / 16;
    for (int o = 0; o < out; ++o)
      for (int i = 0; i < in; ++i)
        for (int tap = 0; tap < taps; ++tap) {
          int number = o % (shuffle * shuffle) * padded() + o / (shuffle * shuffle);
          int m = back ? i : number, k = back ? number : i, at_tap = back ? taps - 1 - tap : tap;
          int lane = m % 8 * 4 + k % 8 / 2, j = k % 2 + m / 8 % 2 * 2 + k / 8 % 2 * 4;
          size_t block = static_cast<size_t>(m / 64 * chunks + k / 16) * taps + at_tap;
          list[(block * 4 + m / 16 % 4) * 256 + lane * 8 + j] = weight[(o * in + i) * taps + tap];
        }
    return list;
  }
};

// Layers between features with and without a shuffle, from and to pictures, with one copy or two, runs of numbers
// before and behind them; and a step that is not taken.
void adam_packed(std::vector<Case>& list) {
  const PackedWeight weights[] = {{3, 20, 70, 1, false, true, true}, {3, 64, 24, 2, false, true, true},
                                  {3, 3, 16, 1, false, true, false}, {3, 8, 3, 1, true, true, true},
                                  {5, 17, 12, 2, true, false, true}, {3, 70, 9, 3, false, true, true},
                                  {1, 20, 70, 1, false, true, true}, {1, 8, 3, 1, true, true, true}};
  for (bool refused : {false, true}) {
    Case c{std::string("adam_packed_step") + (refused ? " refused" : ""), {}, {}, {}};
    std::vector<int64_t> plan;
    std::vector<Link> links;
    std::vector<std::pair<int, std::vector<double>>> copies;
    size_t run = 2000, total = run;
    auto plain = [&](size_t first, size_t many) {
      plan.insert(plan.end(), {static_cast<int64_t>(first), 0, static_cast<int64_t>(many), 0, 0, 0, 0, 0, 0, 0});
    };
    for (const auto& w : weights) total += w.count();
    Numbers numbers(11);
    auto weight = numbers.values(total + 100), gradient = numbers.values(total + 100);
    auto m = numbers.values(total + 100), v = numbers.values(total + 100);
    const float rate = 1e-2f, one = 0.9f, two = 0.999f, epsilon = 1e-8f, corrected = 0.1f, root = 0.001f;
    std::vector<double> moved(weight.begin(), weight.end()), first(m.begin(), m.end()), second(v.size());
    for (size_t i = 0; i < v.size(); ++i) {
      second[i] = v[i] = std::fabs(v[i]);
      if (refused) continue;
      first[i] = double{one} * m[i] + (1 - double{one}) * gradient[i];
      second[i] = double{two} * v[i] + (1 - double{two}) * gradient[i] * gradient[i];
      moved[i] -= rate / corrected * first[i] / (std::sqrt(second[i]) / std::sqrt(double{root}) + epsilon);
    }
    for (const auto& values : {weight, gradient, m, v}) c.add(values);
    c.add(std::vector<float>{rate, one, two, epsilon, corrected, root, 0, 0});
    c.add(std::vector<int32_t>{refused ? 2 : 0});
    plain(0, run);
    size_t at_weight = run;
    for (const auto& w : weights) {
      std::vector<float> now(moved.begin() + static_cast<long>(at_weight),
                             moved.begin() + static_cast<long>(at_weight + w.count()));
      int buffers[2];
      for (bool back : {false, true}) {
        if (!(back ? w.backward : w.forward)) continue;
        buffers[back] = c.add(std::vector<uint16_t>(w.packed(back)));
        copies.emplace_back(buffers[back], refused ? std::vector<double>(w.packed(back)) : w.copy(now.data(), back));
      }
      for (int y16 = 0; y16 * 16 < w.numbers(); ++y16)
        for (int x16 = 0; x16 * 16 < w.in; ++x16) {
          for (bool back : {false, true}) {
            if (back ? w.backward : w.forward) links.push_back({0, plan.size() + (back ? 9 : 8), buffers[back], 0});
          }
          plan.insert(plan.end(), {static_cast<int64_t>(at_weight), w.side, w.in, w.channels(), w.shuffle, w.picture,
                                   y16, x16, 0, 0});
        }
      at_weight += w.count();
    }
    plain(total, 100);
    int table = c.add(plan);
    for (Link& link : links) link.buffer = table;
    c.links = links;
    c.launches = {{"adam_packed_step",
                   {static_cast<int64_t>(plan.size() / 10), 1, 1},
                   {at(0), at(1), at(2), at(3), at(4), at(5), at(table)}}};
    c.outputs = {{0, 2e-6, moved}, {2, 1e-6, first}, {3, 1e-6, second}};
    for (const auto& [buffer, truth] : copies) c.outputs.push_back({buffer, 1.0 / 256 + 1e-5, truth});
    list.push_back(c);
  }
}

}  // namespace

void add_training(std::vector<Case>& list) {
  gradient_norm(list);
  step_watch(list);
  adam_corrections(list);
  adam_packed(list);
}

}  // namespace cases
