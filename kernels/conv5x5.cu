// 5x5 convolution, stride 1, zero padding 2, in plain fp32. Shapes and the pixel shuffle of y: include/convolution.cuh.
//   weight float[out][in][5][5], bias float[out], packed float[25][in][out] (forward) or [25][out][in] (backward), in a
//   buffer that has room for other devices' forms. shuffle is 1, 2, 3 or 4.
// With accumulate results are added to what is there, else written.
#include "convolution.cuh"

// One thread: the weights of one pair of channels. Items: in * out; block 256.
extern "C" __global__ void conv5x5_pack_forward(const float* weight, float* packed, int in, int out,
                                                [[maybe_unused]] int shuffle) {
  pack_forward<5>(weight, packed, in, out, global_index());
}
KERNEL(conv5x5_pack_forward, 256, 1, 1)

// Likewise, for conv5x5_backward_input.
extern "C" __global__ void conv5x5_pack_backward(const float* weight, float* packed, int in, int out,
                                                 [[maybe_unused]] int shuffle) {
  pack_backward<5>(weight, packed, in, out, global_index());
}
KERNEL(conv5x5_pack_backward, 256, 1, 1)

// y = conv(x) + bias; bias may be null. One thread: one channel of one pixel of conv(x). Items: (out, w, n * h); block
// 32x8x1.
extern "C" __global__ void conv5x5_forward(const float* x, const float* packed, const float* bias, float* y, int n,
                                           int h, int w, int in, int out, int shuffle) {
  int o = blockIdx.x * blockDim.x + threadIdx.x;
  int column = blockIdx.y * blockDim.y + threadIdx.y;
  int line = blockIdx.z * blockDim.z + threadIdx.z;
  if (o >= out || column >= w || line >= n * h) return;
  ConvolutionShape s{n, h, w, in, out, shuffle};
  float value = forward_sum<5>(x, packed, s, line / h, line % h, column, o);
  y[output_index(s, line / h, line % h, column, o)] = bias != nullptr ? value + bias[o] : value;
}
KERNEL(conv5x5_forward, 32, 8, 1)

// dx (+)= scale * (mask > 0) * conv^T(dy). mask is shaped as x, or null: all ones. One thread: one channel of one pixel
// of x. Items: (in, w, n * h); block 32x8x1.
extern "C" __global__ void conv5x5_backward_input(const float* dy, const float* packed, const float* mask, float* dx,
                                                  int n, int h, int w, int in, int out, int shuffle, float scale,
                                                  int accumulate) {
  backward_input<5>(dy, packed, mask, dx, {n, h, w, in, out, shuffle}, scale, accumulate);
}
KERNEL(conv5x5_backward_input, 32, 8, 1)

// dweight (+)= scale * sum over pixels of dy and shifted x; dbias (+)= scale * sum of dy, unless null. One thread: one
// weight. Items: out * in * 25; block 256.
extern "C" __global__ void conv5x5_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n,
                                                   int h, int w, int in, int out, int shuffle, float scale,
                                                   int accumulate) {
  backward_weight<5>(x, dy, dweight, dbias, {n, h, w, in, out, shuffle}, scale, accumulate, global_index());
}
KERNEL(conv5x5_backward_weight, 256, 1, 1)
