#include "sparse_cases.h"

#include <algorithm>

#include "convolution_cases.h"

namespace cases {
namespace {

void normalize(std::vector<Case>& list) {
  for (int width : {1, 8, 33, 64}) {
    for (float floor : {5e-5f, 2.0f}) {
      Numbers numbers(static_cast<uint64_t>(width));
      size_t size = static_cast<size_t>(width) * 19;
      Case forward{"row_normalize_forward " + std::to_string(width), {}, {}, {{1, 1e-5, {}}}};
      forward.add(numbers.values(size));
      forward.room(size);
      forward.launches = {{"row_normalize_forward", {32 * 19, 1, 1}, {at(0), at(1), i64(19), i32(width), f32(floor)}}};
      list.push_back(forward);
      for (int accumulate = 0; accumulate < 2; ++accumulate) {
        Case backward{"row_normalize_backward " + std::to_string(width), {}, {}, {{2, 1e-5, {}}}};
        for (int buffer = 0; buffer < 3; ++buffer) backward.add(numbers.values(size));
        backward.launches = {{"row_normalize_backward",
                              {32 * 19, 1, 1},
                              {at(0), at(1), at(2), i64(19), i32(width), f32(floor), i32(accumulate)}}};
        list.push_back(backward);
      }
    }
  }
}

void gather(std::vector<Case>& list) {
  for (int width : {1, 17, 40}) {
    Numbers numbers(static_cast<uint64_t>(width));
    int64_t rows = 11, count = 23;
    std::vector<int> index(static_cast<size_t>(count));
    for (size_t i = 0; i < index.size(); ++i) index[i] = static_cast<int>(i * i % 11);
    auto many = static_cast<size_t>(count) * width, few = static_cast<size_t>(rows) * width;
    Case forward{"gather_rows_forward " + std::to_string(width), {}, {}, {{2, 0, {}}}};
    forward.add(numbers.values(few));
    forward.add(index);
    forward.room(many);
    forward.launches = {{"gather_rows_forward", {count * width, 1, 1}, {at(0), at(1), at(2), i64(count), i32(width)}}};
    list.push_back(forward);
    for (int accumulate = 0; accumulate < 2; ++accumulate) {
      Case backward{"gather_rows_backward " + std::to_string(width), {}, {}, {{2, 1e-6, {}}}};
      backward.add(numbers.values(many));
      backward.add(index);
      backward.add(numbers.values(few));
      backward.launches = {{"gather_rows_backward",
                            {width, 1, 1},
                            {at(0), at(1), at(2), i64(count), i64(rows), i32(width), i32(accumulate)}}};
      list.push_back(backward);
    }
  }
}

// Codes, sort, layout, and the merge of what was sorted, in one case each for lengths with and without padding.
void buckets(std::vector<Case>& list) {
  for (int length : {1, 5, 16, 19, 70}) {
    int n = 2, rounds = 3, half = 4, chunk = 8, width = 37;
    int groups = n * rounds, chunks = (length + chunk - 1) / chunk, padded = chunks * chunk;
    Numbers numbers(static_cast<uint64_t>(length));
    auto all = static_cast<size_t>(groups) * length, places = static_cast<size_t>(groups) * padded;
    Case sort{"bucket_sort " + std::to_string(length), {}, {}, {}};
    sort.add(numbers.values(all * half));
    int codes = sort.room(all), order = sort.room(all), inverse = sort.room(all);
    auto spots = static_cast<size_t>(groups) * (padded + 2 * chunk);
    int layout = sort.room(spots);
    sort.launches = {{"bucket_sort_codes",
                      {static_cast<int64_t>(all), 1, 1},
                      {at(0), at(codes), i32(n), i32(length), i32(rounds), i32(half)}},
                     {"bucket_sort_order",
                      {128 * groups, 1, 1},
                      {at(codes), at(order), at(inverse), i32(groups), i32(length), i32(2 * half)}},
                     {"bucket_sort_layout",
                      {static_cast<int64_t>(spots), 1, 1},
                      {at(order), at(layout), i32(groups), i32(rounds), i32(length), i32(chunk), i32(chunks)}}};
    for (int output : {codes, order, inverse, layout}) sort.outputs.push_back({output, -1, {}});
    list.push_back(sort);

    std::vector<int> turned(all), back(all);
    for (size_t i = 0; i < all; ++i) {
      auto l = static_cast<size_t>(length);
      size_t place = (i % l + i / l) % l;
      turned[i] = static_cast<int>(place);
      back[i / l * l + place] = static_cast<int>(i % l);
    }
    Case merge{"bucket_merge " + std::to_string(length), {}, {}, {}};
    auto pixels = static_cast<size_t>(n) * length * width;
    merge.add(numbers.values(pixels));
    merge.add(numbers.values(places * width));
    merge.add(numbers.values(places));
    merge.add(turned);
    merge.add(back);
    int weights = merge.room(all), y = merge.room(pixels), dvalues = merge.room(places * width);
    int dtotals = merge.add(std::vector<float>(places));
    std::vector<Argument> sizes = {i32(n), i32(rounds), i32(length), i32(padded), i32(width), f32(0.3f)};
    auto launch = [&](const std::string& kernel, int64_t items, std::vector<Argument> arguments) {
      arguments.insert(arguments.end(), sizes.begin(), sizes.end());
      return Launch{kernel, {items, 1, 1}, arguments};
    };
    int64_t positions = int64_t{32} * n * length;
    merge.launches = {
        launch("bucket_merge_forward", positions, {at(0), at(1), at(2), at(3), at(weights), at(y)}),
        launch("bucket_merge_backward_values", static_cast<int64_t>(places) * width,
               {at(0), at(weights), at(4), at(dvalues)}),
        launch("bucket_merge_backward_totals", positions, {at(0), at(1), at(weights), at(3), at(dtotals)})};
    for (int output : {weights, y, dvalues, dtotals}) merge.outputs.push_back({output, 1e-5, {}});
    list.push_back(merge);
  }
}

}  // namespace

void add_sparse(std::vector<Case>& list) {
  normalize(list);
  gather(list);
  buckets(list);
}

}  // namespace cases
