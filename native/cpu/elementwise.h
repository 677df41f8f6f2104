// The division of elementwise work among the threads. The loops themselves are left to the compiler's vectorizer: they
// wait for memory, and without contraction their bits are the same on every instruction set.
#pragma once

#include <cstdint>

#include "check.h"
#include "pool.h"

namespace acuity::cpu {

/// f(begin, end) over [0, count), in pieces that fit a core's cache.
template <class F>
void over(std::int64_t count, const F& f) {
  parallel_ranges(count, 32768, f);
}

inline void want_count(const char* kernel, const char* argument, std::int64_t have) {
  want_at_least(kernel, argument, 0, have);
}

/// to[i] = f(i), or += when `accumulate`.
template <class F>
void write_or_add(float* to, std::int64_t count, bool accumulate, const F& f) {
  over(count, [&](std::int64_t begin, std::int64_t end) {
    if (accumulate) {
      for (std::int64_t i = begin; i < end; ++i) to[i] += f(i);
    } else {
      for (std::int64_t i = begin; i < end; ++i) to[i] = f(i);
    }
  });
}

}  // namespace acuity::cpu
