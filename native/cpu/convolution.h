// The k x k convolutions of the CPU twins: checks, division of the work, and the passes that conv3x3 and conv5x5 share.
#pragma once

#include "isa.h"

namespace acuity::cpu {

/// One call's convolution. `kernel` is the twin's name, for error texts.
struct Convolution {
  const char* kernel;
  const Winograd& winograd;
  const Narrow* narrow;  // null: Winograd whatever the channels
  int largest_shuffle;
};

struct Size {
  int n, h, w, in, out, shuffle;
};

void pack_weights(const Convolution& c, const float* weight, float* packed, int in, int out, int shuffle,
                  bool backward);

struct Epilogue {
  const float* bias = nullptr;      // [out], forward only
  const float* residual = nullptr;  // shaped as the result
  const float* mask = nullptr;      // shaped as the result
  bool relu = false;
  float scale = 1;
  bool accumulate = false;
};

void convolve(const Convolution& c, const float* x, const float* packed, float* y, const Size& size,
              const Epilogue& epilogue);

void convolve_back(const Convolution& c, const float* dy, const float* packed, float* dx, const Size& size,
                   const Epilogue& epilogue);

void weight_gradient(const Convolution& c, const float* x, const float* dy, float* dweight, float* dbias,
                     const Size& size, float scale, bool accumulate);

}  // namespace acuity::cpu
