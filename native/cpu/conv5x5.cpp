// conv5x5_*: 5 x 5 convolution, padding 2, stride 1, on [n][h][w][channels]; Winograd F(2 x 2, 5 x 5).
#include "convolution.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

Convolution named(const char* kernel) { return {kernel, active().winograd5, nullptr, 4}; }

}  // namespace

void conv5x5_pack_forward(const float* weight, float* packed, int in, int out, int shuffle) {
  pack_weights(named("conv5x5_pack_forward"), weight, packed, in, out, shuffle, false);
}
TWIN(conv5x5_pack_forward)

void conv5x5_pack_backward(const float* weight, float* packed, int in, int out, int shuffle) {
  pack_weights(named("conv5x5_pack_backward"), weight, packed, in, out, shuffle, true);
}
TWIN(conv5x5_pack_backward)

void conv5x5_forward(const float* x, const float* packed, const float* bias, float* y, int n, int h, int w, int in,
                     int out, int shuffle) {
  Epilogue epilogue;
  epilogue.bias = bias;
  convolve(named("conv5x5_forward"), x, packed, y, {n, h, w, in, out, shuffle}, epilogue);
}
TWIN(conv5x5_forward)

void conv5x5_backward_input(const float* dy, const float* packed, const float* mask, float* dx, int n, int h, int w,
                            int in, int out, int shuffle, float scale, int accumulate) {
  Epilogue epilogue;
  epilogue.mask = mask;
  epilogue.scale = scale;
  epilogue.accumulate = accumulate != 0;
  convolve_back(named("conv5x5_backward_input"), dy, packed, dx, {n, h, w, in, out, shuffle}, epilogue);
}
TWIN(conv5x5_backward_input)

void conv5x5_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n, int h, int w, int in,
                             int out, int shuffle, float scale, int accumulate) {
  weight_gradient(named("conv5x5_backward_weight"), x, dy, dweight, dbias, {n, h, w, in, out, shuffle}, scale,
                  accumulate != 0);
}
TWIN(conv5x5_backward_weight)

}  // namespace acuity::cpu
