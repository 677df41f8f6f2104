// The order in which a block's threads run. Correct kernels give the same result in all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace emu {

struct Order {
  enum Kind { forward = 0, reversed = 1, shuffled = 2, greedy = 3 };
  int kind = forward;
  uint64_t seed = 0;
};

// splitmix64: any seed is a good one.
class Random {
 public:
  explicit Random(uint64_t seed = 0) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // Brings items into the order: as they are, turned round or shuffled.
  template <class Iterator>
  void arrange(int kind, Iterator first, Iterator last) {
    size_t count = static_cast<size_t>(last - first);
    if (kind == Order::reversed) {
      for (size_t i = 0; i < count / 2; ++i) std::swap(first[i], first[count - 1 - i]);
    } else if (kind == Order::shuffled) {
      for (size_t i = count; i > 1; --i) std::swap(first[i - 1], first[next() % i]);
    }
  }

 private:
  uint64_t state_;
};

}  // namespace emu
