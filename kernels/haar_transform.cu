// One level of the orthonormal Haar transform without its low-pass band. Of each 2 x 2 block [a b; c d] of a channel:
//   LH = (a + b - c - d) / 2    HL = (a - b + c - d) / 2    HH = (a - b - c + d) / 2
// In bf16 x and dx are pictures, of 3 channels in fp32, and the bands lie in blocks of 8; one thread has all of a
// block. Else one thread: one channel of a block. Items: n * h/2 * w/2 * c; block 256. h and w are even.
//   x, dx  [n, c, h, w] as float[n][h][w][c]
//   y, dy  [n, 3 c, h/2, w/2] as float[n][h/2][w/2][3 c]: all channels of LH, then of HL, then of HH
#include "haar.cuh"

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

// What the 2 x 2 block of a thread of the bf16 forms is: a pixel of the bands of an image, and its place in the
// picture.
struct HaarBlock {
  int64_t image, pixel, pixels;
  int64_t from, row;  // its upper left number in the picture, numbers of a line

  __device__ HaarBlock(int h, int w)
      : image(global_index() / (static_cast<int64_t>(h / 2) * (w / 2))),
        pixel(global_index() % (static_cast<int64_t>(h / 2) * (w / 2))),
        pixels(static_cast<int64_t>(h / 2) * (w / 2)),
        from(((image * h + pixel / (w / 2) * 2) * w + pixel % (w / 2) * 2) * 3),
        row(static_cast<int64_t>(w) * 3) {}
};

extern "C" __global__ void haar_transform_forward_bf16(const float* x, bf16* y, int n, int h, int w,
                                                       [[maybe_unused]] int c) {
  HaarBlock block(h, w);
  if (block.image >= n) return;
  float bands[haar_bands];
  haar_forward(x + block.from, x + block.from + block.row, bands);
  store_bands(y, block.image, block.pixels, block.pixel, bands);
}
TILED_KERNEL(haar_transform_forward_bf16, 256, 1, 1, 768, 1, 1)

extern "C" __global__ void haar_transform_backward_bf16(const bf16* dy, float* dx, int n, int h, int w,
                                                        [[maybe_unused]] int c, int accumulate) {
  HaarBlock block(h, w);
  if (block.image >= n) return;
  float low[lanes8], high[lanes8];
  load8(dy + block8_index(block.image, blocks8(haar_bands), 0, block.pixels, block.pixel), low);
  load8(dy + block8_index(block.image, blocks8(haar_bands), 1, block.pixels, block.pixel), high);
  for (int k = 0; k < 3; ++k) {
    float lh = low[k], hl = low[3 + k], hh = k < 2 ? low[6 + k] : high[0];
    float left_difference = 0.5f * (lh + hh), right_difference = 0.5f * (lh - hh), sum = 0.5f * hl;
    float values[4] = {sum + left_difference, right_difference - sum, sum - left_difference, -sum - right_difference};
    for (int i = 0; i < 4; ++i) {
      float* place = dx + block.from + (i / 2) * block.row + (i % 2) * 3 + k;
      *place = accumulate ? *place + values[i] : values[i];
    }
  }
}
TILED_KERNEL(haar_transform_backward_bf16, 256, 1, 1, 768, 1, 1)
