// One level of the orthonormal Haar transform without its low-pass band. Of each 2 x 2 block [a b; c d] of a channel:
//   LH = (a + b - c - d) / 2    HL = (a - b + c - d) / 2    HH = (a - b - c + d) / 2
// One thread: one channel of a block. Items: n * h/2 * w/2 * c; block 256. h and w are even.
//   x, dx  [n, c, h, w] as float[n][h][w][c]
//   y, dy  [n, 3 c, h/2, w/2] as float[n][h/2][w/2][3 c]: all channels of LH, then of HL, then of HH
#include "common.cuh"

// Where the block of item i begins in x, and in y.
struct HaarPlace {
  int64_t from;
  int64_t to;
};

__device__ static HaarPlace haar_place(int64_t i, int w, int c) {
  int64_t block = i / c, channel = i % c;
  int64_t column = block % (w / 2), line = block / (w / 2);  // lines of all images: h is even
  return {(2 * line * w + 2 * column) * c + channel, block * 3 * c + channel};
}

extern "C" __global__ void haar_transform_forward(const float* x, float* y, int n, int h, int w, int c) {
  int64_t i = global_index();
  if (i >= static_cast<int64_t>(n) * (h / 2) * (w / 2) * c) return;
  HaarPlace at = haar_place(i, w, c);
  const float* block = x + at.from;
  int64_t row = static_cast<int64_t>(w) * c;
  float left_sum = block[0] + block[row], right_sum = block[c] + block[row + c];
  float left_difference = block[0] - block[row], right_difference = block[c] - block[row + c];
  y[at.to] = 0.5f * (left_difference + right_difference);
  y[at.to + c] = 0.5f * (left_sum - right_sum);
  y[at.to + 2 * c] = 0.5f * (left_difference - right_difference);
}
KERNEL(haar_transform_forward, 256, 1, 1)

// dx (+)= the transpose; with accumulate added to dx.
extern "C" __global__ void haar_transform_backward(const float* dy, float* dx, int n, int h, int w, int c,
                                                   int accumulate) {
  int64_t i = global_index();
  if (i >= static_cast<int64_t>(n) * (h / 2) * (w / 2) * c) return;
  HaarPlace at = haar_place(i, w, c);
  float lh = dy[at.to], hl = dy[at.to + c], hh = dy[at.to + 2 * c];
  float left_difference = 0.5f * (lh + hh), right_difference = 0.5f * (lh - hh), sum = 0.5f * hl;
  float values[4] = {sum + left_difference, right_difference - sum, sum - left_difference, -sum - right_difference};
  for (int k = 0; k < 4; ++k) {
    float* place = dx + at.from + (k / 2) * static_cast<int64_t>(w) * c + (k % 2) * c;
    *place = accumulate ? *place + values[k] : values[k];
  }
}
KERNEL(haar_transform_backward, 256, 1, 1)
