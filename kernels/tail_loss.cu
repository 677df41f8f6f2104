// What is left of a loss on pixels when conv5x5_forward_loss has compared all but the outermost ring of pixels: that
// comes from four strips, which are 3 pixels wide before they are enlarged r times (r: shuffle). What is pasted of a
// strip is its outermost pixel; the corners are in the upper and the lower one.
//   top, bottom          float[n][3 r][w r][3]
//   left, right          float[n][h r][3 r][3]
//   target, y, gradient  float[n][h r][w r][3]
#include "pixel_loss.cuh"

constexpr int tail_threads = 256;

// One of the numbers of top, bottom, left and right of each image, in this order.
struct StripNumber {
  int64_t image, at, pixel_at;  // places in the strip and in the picture
  int strip, colour;            // strip from 0 to 3
  bool pasted;

  __device__ StripNumber(int64_t index, int h, int w, int r) : colour(static_cast<int>(index % 3)) {
    int rows = h * r, columns = w * r, band = 3 * r * columns, side = 3 * r * rows;
    int64_t all = 2 * (static_cast<int64_t>(band) + side);
    image = index / 3 / all;
    int64_t pixel = index / 3 % all;
    bool flat = pixel < 2 * static_cast<int64_t>(band);
    if (!flat) pixel -= 2 * static_cast<int64_t>(band);
    int size = flat ? band : side, width = flat ? columns : 3 * r;
    bool second = pixel >= size;
    int rest = static_cast<int>(second ? pixel - size : pixel);
    strip = (flat ? 0 : 2) + (second ? 1 : 0);
    at = (image * size + rest) * 3 + colour;
    int row = rest / width, column = rest % width, across = flat ? row : column, first = second ? 2 * r : 0;
    pasted = across >= first && across < first + r && (flat || (row >= r && row < rows - r));
    if (flat && second) row += rows - 3 * r;
    if (!flat && second) column += columns - 3 * r;
    pixel_at = ((image * rows + row) * columns + column) * 3 + colour;
  }

  template <class T>
  __device__ T* of(T* top, T* bottom, T* left, T* right) const {
    return strip == 0 ? top : strip == 1 ? bottom : strip == 2 ? left : right;
  }
};

// The ring of y (unless null) and of the gradient, as conv5x5_forward_loss forms the rest, and sums for each block of
// numbers. One thread: one number of the strips. Items: 18 n (h + w) r^2; block 256.
//   partial float[blocks], counts int32[blocks]
extern "C" __global__ void tail_ring_loss(const float* top, const float* bottom, const float* left, const float* right,
                                          const float* target, float* y, float* gradient, float* partial, int* counts,
                                          int n, int h, int w, int shuffle, float scale, float red, float green,
                                          float blue, float slope) {
  PixelLoss loss{target, y, scale, red, green, blue, slope};
  StripNumber number(global_index(), h, w, shuffle);
  if (number.image < n && number.pasted) {
    loss.take(number.of(top, bottom, left, right)[number.at], number.pixel_at, number.colour, gradient);
  }
  loss.leave<tail_threads>(partial, counts, blockIdx.x);
}
KERNEL(tail_ring_loss, tail_threads, 1, 1)

// The gradients of the strips: of what was pasted the picture's, which is 0 there afterwards, else 0. One thread: one
// number of the strips. Items: 18 n (h + w) r^2; block 256.
extern "C" __global__ void tail_ring_backward(float* gradient, float* top, float* bottom, float* left, float* right,
                                              int n, int h, int w, int shuffle) {
  StripNumber number(global_index(), h, w, shuffle);
  if (number.image >= n) return;
  float value = 0.0f;
  if (number.pasted) {
    value = gradient[number.pixel_at];
    gradient[number.pixel_at] = 0.0f;
  }
  number.of(top, bottom, left, right)[number.at] = value;
}
KERNEL(tail_ring_backward, tail_threads, 1, 1)

// loss = factor * sum of the parts, weighted = weight * loss, norm = |slope| * sqrt(sum of the counts): that of a
// gradient whose numbers are 0, slope or -slope. One block for all. Items: 1.
//   loss, weighted, norm  float[1]
extern "C" __global__ void tail_loss_reduce(const float* partial, const int* counts, float* loss, float* weighted,
                                            float* norm, int parts, float factor, float weight, float slope) {
  float sum = 0.0f;
  int64_t count = 0;
  for (int i = threadIdx.x; i < parts; i += tail_threads) {
    sum += partial[i];
    count += counts[i];
  }
  sum = block_sum<tail_threads>(sum);
  count = block_sum<tail_threads>(count);
  if (threadIdx.x > 0 || blockIdx.x > 0) return;
  float mean = factor * sum;
  loss[0] = mean;
  weighted[0] = weight * mean;
  norm[0] = fabsf(slope) * sqrtf(static_cast<float>(count));
}
KERNEL(tail_loss_reduce, tail_threads, 1, 1)
