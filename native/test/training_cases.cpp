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

}  // namespace

void add_training(std::vector<Case>& list) { gradient_norm(list); }

}  // namespace cases
