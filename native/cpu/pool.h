// The threads of the CPU twins.
#pragma once

#include <cstdint>

namespace acuity::cpu {

/// Calls function(context, i) for each i in [0, count), on the caller and the pool's threads; returns when all are
/// done. Items are handed out one by one, in order. A nested call, or one made while another caller has the pool, runs
/// inline. The first exception of an item is thrown again here.
void parallel_items(std::int64_t count, void (*function)(const void* context, std::int64_t item), const void* context);

/// parallel_items for any callable of (int64 item).
template <class F>
void parallel_for(std::int64_t count, const F& f) {
  parallel_items(
      count, [](const void* context, std::int64_t item) { (*static_cast<const F*>(context))(item); }, &f);
}

/// f(begin, end) over [0, count) in pieces of `grain`, for work too small to be an item alone.
template <class F>
void parallel_ranges(std::int64_t count, std::int64_t grain, const F& f) {
  parallel_for((count + grain - 1) / grain, [&](std::int64_t piece) {
    const std::int64_t begin = piece * grain;
    f(begin, begin + grain < count ? begin + grain : count);
  });
}

}  // namespace acuity::cpu
