// conv3x3_*: 3 x 3 convolution, padding 1, stride 1, on [n][h][w][channels]; Winograd F(4 x 4, 3 x 3),
// or direct with at most 4 channels on one side.
#include "convolution.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

Convolution named(const char* kernel) { return {kernel, active().winograd3, &active().narrow3, 3}; }

}  // namespace

void conv3x3_pack_forward(const float* weight, float* packed, int in, int out, int shuffle) {
  pack_weights(named("conv3x3_pack_forward"), weight, packed, in, out, shuffle, false);
}
TWIN(conv3x3_pack_forward)

void conv3x3_pack_backward(const float* weight, float* packed, int in, int out, int shuffle) {
  pack_weights(named("conv3x3_pack_backward"), weight, packed, in, out, shuffle, true);
}
TWIN(conv3x3_pack_backward)

void conv3x3_forward(const float* x, const float* packed, const float* bias, const float* residual, float* y, int n,
                     int h, int w, int in, int out, int shuffle, int relu, float scale) {
  Epilogue epilogue;
  epilogue.bias = bias;
  epilogue.residual = residual;
  epilogue.relu = relu != 0;
  epilogue.scale = scale;
  convolve(named("conv3x3_forward"), x, packed, y, {n, h, w, in, out, shuffle}, epilogue);
}
TWIN(conv3x3_forward)

void conv3x3_backward_input(const float* dy, const float* packed, const float* mask, float* dx, int n, int h, int w,
                            int in, int out, int shuffle, float scale, int accumulate) {
  Epilogue epilogue;
  epilogue.mask = mask;
  epilogue.scale = scale;
  epilogue.accumulate = accumulate != 0;
  convolve_back(named("conv3x3_backward_input"), dy, packed, dx, {n, h, w, in, out, shuffle}, epilogue);
}
TWIN(conv3x3_backward_input)

void conv3x3_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n, int h, int w, int in,
                             int out, int shuffle, float scale, int accumulate) {
  weight_gradient(named("conv3x3_backward_weight"), x, dy, dweight, dbias, {n, h, w, in, out, shuffle}, scale,
                  accumulate != 0);
}
TWIN(conv3x3_backward_weight)

}  // namespace acuity::cpu
