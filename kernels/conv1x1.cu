// 1x1 convolution: a matrix product for each pixel, in plain fp32. Block 256.
//   x, dx float[pixels][in], y, dy float[pixels][out], weight float[out][in], bias float[out]; pixels = n * h * w
// With accumulate results are added to what is there, else written.
#include "common.cuh"

// y = weight x + bias; bias may be null. One thread: one channel of one pixel. Items: pixels * out.
extern "C" __global__ void conv1x1_forward(const float* x, const float* weight, const float* bias, float* y,
                                           int64_t pixels, int in, int out) {
  int64_t index = global_index();
  if (index >= pixels * out) return;
  int64_t pixel = index / out, o = index % out;
  float sum = 0.0f;
  for (int i = 0; i < in; ++i) sum += x[pixel * in + i] * weight[o * in + i];
  y[index] = bias != nullptr ? sum + bias[o] : sum;
}
KERNEL(conv1x1_forward, 256, 1, 1)

// dx (+)= weight^T dy. One thread: one channel of one pixel. Items: pixels * in.
extern "C" __global__ void conv1x1_backward_input(const float* dy, const float* weight, float* dx, int64_t pixels,
                                                  int in, int out, int accumulate) {
  int64_t index = global_index();
  if (index >= pixels * in) return;
  int64_t pixel = index / in, i = index % in;
  float sum = 0.0f;
  for (int o = 0; o < out; ++o) sum += dy[pixel * out + o] * weight[static_cast<int64_t>(o) * in + i];
  dx[index] = accumulate ? dx[index] + sum : sum;
}
KERNEL(conv1x1_backward_input, 256, 1, 1)

// dweight (+)= sum over pixels of dy x^T; dbias (+)= sum of dy, unless null. One thread: one weight, and for the first
// weight of an output channel its bias. Sums in runs of 256 pixels, so that rounding does not grow with all of them.
// Items: out * in.
extern "C" __global__ void conv1x1_backward_weight(const float* x, const float* dy, float* dweight, float* dbias,
                                                   int64_t pixels, int in, int out, int accumulate) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(out) * in) return;
  int64_t o = index / in, i = index % in;
  bool with_bias = dbias != nullptr && i == 0;
  float sum = 0.0f, bias = 0.0f;
  for (int64_t first = 0; first < pixels; first += 256) {
    int64_t last = min(first + 256, pixels);
    float run = 0.0f, bias_run = 0.0f;
    for (int64_t pixel = first; pixel < last; ++pixel) {
      float gradient = dy[pixel * out + o];
      run += x[pixel * in + i] * gradient;
      if (with_bias) bias_run += gradient;
    }
    sum += run;
    bias += bias_run;
  }
  dweight[index] = accumulate ? dweight[index] + sum : sum;
  if (with_bias) dbias[o] = accumulate ? dbias[o] + bias : bias;
}
KERNEL(conv1x1_backward_weight, 256, 1, 1)
