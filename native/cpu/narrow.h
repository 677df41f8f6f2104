// 3 x 3 convolutions with at most 4 channels on one side: division of the work.
#pragma once

#include "convolution.h"

namespace acuity::cpu {

constexpr int kFew = 4;

/// Whether this convolution is summed directly. The answer is the same for a convolution's packing and its passes.
inline bool is_narrow(const Convolution& c, int in, int out, int shuffle) {
  return c.narrow != nullptr && shuffle == 1 && (in <= kFew || out <= kFew);
}

void pack_narrow(const float* weight, float* packed, int in, int out, bool backward);

void run_narrow(const Narrow& narrow, const ConvolutionJob& job, int n);

void narrow_weight_gradient(const Narrow& narrow, const float* x, const float* dy, float* dweight, float* dbias,
                            const Size& size, float scale, bool accumulate);

}  // namespace acuity::cpu
