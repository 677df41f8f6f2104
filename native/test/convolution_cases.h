// Cases of the convolution kernels, with their truth in double precision.
#pragma once

#include "cases.h"

namespace cases {

// Deterministic numbers in -1 .. 1.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed * 2 + 1) {}

  std::vector<float> values(size_t count) {
    std::vector<float> list(count);
    for (float& value : list) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      value = static_cast<float>(static_cast<int32_t>(state_ >> 32)) / 2147483648.0f;
    }
    return list;
  }

 private:
  uint64_t state_;
};

void add_convolutions(std::vector<Case>& list);

}  // namespace cases
