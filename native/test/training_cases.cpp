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

}  // namespace

void add_training(std::vector<Case>& list) {
  gradient_norm(list);
  step_watch(list);
  adam_corrections(list);
}

}  // namespace cases
