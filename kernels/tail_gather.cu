// The one 5x5 convolution of a linear upsampling tail, read off the tail's responses to impulses, and its gradient.
//   responses [features + 1][7 r][7 r][3]: image c answers a one at (3, 3) of channel c, image `features` answers zeros
//   weight    [3 r r][features][5][5], bias [3 r r], with output o r r + i r + j for colour o at (i, j) of its r x r
//   cell: weight[..][c][ky][kx] = R[c][(5 - ky) r + i][(5 - kx) r + j][o] - R[features][same], bias[..] = R[features][3
//   r + i][3 r + j][o]
#include "common.cuh"

// Where output `out` at tap (ky, kx) lies in one response image; the tap (2, 2) is the impulse's own place.
__device__ __forceinline__ int64_t response_at(int out, int ky, int kx, int r) {
  int o = out / (r * r);
  int i = out / r % r;
  int j = out % r;
  int64_t row = (5 - ky) * r + i;
  int64_t column = (5 - kx) * r + j;
  return (row * 7 * r + column) * 3 + o;
}

// One thread: one weight; those of tap (2, 2) and channel 0 write the bias too. Items: 3 r r features 25; block 256.
extern "C" __global__ void tail_gather_forward(const float* responses, float* weight, float* bias, int features,
                                               int r) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(3) * r * r * features * 25) return;
  int kx = index % 5;
  int ky = index / 5 % 5;
  int c = index / 25 % features;
  int out = index / 25 / features;
  int64_t image = static_cast<int64_t>(7 * r) * (7 * r) * 3;
  int64_t at = response_at(out, ky, kx, r);
  float constant = responses[features * image + at];
  weight[index] = responses[c * image + at] - constant;
  if (c == 0 && ky == 2 && kx == 2) bias[out] = constant;
}
KERNEL(tail_gather_forward, 256, 1, 1)

// Adds to dresponses. One thread: one output and tap, over all channels in order. Items: 3 r r 25; block 64.
extern "C" __global__ void tail_gather_backward(const float* dweight, const float* dbias, float* dresponses,
                                                int features, int r) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(3) * r * r * 25) return;
  int kx = index % 5;
  int ky = index / 5 % 5;
  int out = index / 25;
  int64_t image = static_cast<int64_t>(7 * r) * (7 * r) * 3;
  int64_t at = response_at(out, ky, kx, r);
  float sum = 0.0f;
  for (int c = 0; c < features; ++c) {
    float d = dweight[(static_cast<int64_t>(out) * features + c) * 25 + ky * 5 + kx];
    dresponses[c * image + at] += d;
    sum += d;
  }
  float constant = ky == 2 && kx == 2 ? dbias[out] - sum : -sum;
  dresponses[features * image + at] += constant;
}
KERNEL(tail_gather_backward, 64, 1, 1)
