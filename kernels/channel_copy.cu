// Some channels of one tensor to a place among the channels of another, as concatenation and slicing need.
//   x  float[n][pixels][from], y  float[n][pixels][to], or both in blocks of 8 channels of bf16; pixels of one image
#include "bf16.cuh"

// y[p][at + c] (+)= x[p][first + c] for c < count. One thread: one number. Items: n * pixels * count; block 256.
extern "C" __global__ void channel_copy(const float* x, float* y, int n, int64_t pixels, int from, int first, int to,
                                        int at, int count, int accumulate) {
  int64_t i = global_index();
  if (i >= n * pixels * count) return;
  int64_t pixel = i / count, c = i % count;
  float value = x[pixel * from + first + c];
  float& place = y[pixel * to + at + c];
  place = accumulate ? place + value : value;
}
KERNEL(channel_copy, 256, 1, 1)

// One thread: a block of channels of y of a pixel, in which channels outside [at, at + count) stay and those beyond the
// last become zero. Items: n * pixels * 8 for each block that has one of [at, at + count); block 256.
extern "C" __global__ void channel_copy_bf16(const bf16* x, bf16* y, int n, int64_t pixels, int from, int first, int to,
                                             int at, int count, int accumulate) {
  int first_block = at / lanes8, touched = (at + count - 1) / lanes8 - first_block + 1;
  int64_t index = global_index(), pixel = index % pixels, image = index / pixels / touched;
  if (image >= n) return;
  int block = first_block + static_cast<int>(index / pixels % touched);
  bf16* place = y + block8_index(image, blocks8(to), block, pixels, pixel);
  bool whole = at <= block * lanes8 && min((block + 1) * lanes8, to) <= at + count;
  float values[lanes8] = {};
  if (accumulate || !whole) load8(place, values);
  for (int i = 0; i < lanes8; ++i) {
    int channel = block * lanes8 + i, source = channel - at + first;
    if (channel >= at && channel < at + count) {
      int64_t here = block8_index(image, blocks8(from), source / lanes8, pixels, pixel) + source % lanes8;
      float value = __uint_as_float(static_cast<uint32_t>(x[here].bits) << 16);
      values[i] = accumulate ? values[i] + value : value;
    } else if (channel >= to) {
      values[i] = 0.0f;
    }
  }
  store8(place, values);
}
TILED_KERNEL(channel_copy_bf16, 256, 1, 1, 256 * lanes8, 1, 1)
