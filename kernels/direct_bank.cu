// A bank of filters over high-resolution patches: all positives and negatives of a contrastive step in one launch. Each
// image of the result is made from one image of hr or lr as its row of the plan says:
//   0 copy     x
//   1 sharpen  Q(x + (factor - 1) (x - S)), S the 3x3 mean of weights 1/13, centre 5/13; the outermost frame keeps x
//   2 blur     Q(separable filter with symmetric taps), reflected at the border without repeating the edge
//   3 enlarge  lr by four taps each way from the tables, clamped to 0 .. 1
//   4 leave    nothing: the image is another kernel's to make
// Q clamps to 0 .. 1 and rounds to 8-bit levels, ties to even. Products and sums are rounded one by one in one order,
// so every device gives the same bits.
//   hr      [n, 3, h, w] as float[n][h][w][3]
//   lr      [n, 3, lh, lw], or null where no row enlarges
//   plan    rows of BankRow
//   tables  int32 index[h][4], float weight[h][4] over rows of lr, then index[w][4], weight[w][4] over its columns; or
//   null y       direct_bank_forward: [rows, 3, h, w] as float[rows][h][w][3]
//           direct_bank_haar: their Haar bands, [rows, 9, h/2, w/2], as haar_transform_forward makes them, in bf16
//           with a last step of rounding; h, w even
// One thread: one pixel of a result; a block shares a tile of 32 x 16. Items: w, h, rows; block 32 x 16.
#include "haar.cuh"

constexpr int bank_radius = 5;  // of the largest filter
constexpr int bank_tile_x = 32;
constexpr int bank_tile_y = 16;

struct BankRow {
  int kind;
  int source;  // the image it is made from
  float factor;
  int radius_y;
  int radius_x;
  float weight_y[bank_radius + 1];  // centre first
  float weight_x[bank_radius + 1];
  int unused[3];
};

// Where a sample beyond the border is taken from: mirrored, the edge not repeated.
__device__ static int bank_reflect(int i, int size) {
  i = i < 0 ? -i : i;
  return i < size ? i : max(2 * (size - 1) - i, 0);
}

__device__ static float bank_level(float value) {
  float scaled = fminf(fmaxf(__fmul_rn(value, 255.0f), 0.0f), 255.0f);
  return rintf(scaled) / 255.0f;
}

// The tile's columns with bank_radius pixels left and right of it, filtered down the rows where a row blurs.
struct BankTile {
  float pixels[bank_tile_y][(bank_tile_x + 2 * bank_radius) * 3];
};

__device__ static void bank_down(BankTile& tile, const float* image, const BankRow& row, int h, int w) {
  constexpr int columns = bank_tile_x + 2 * bank_radius;
  int top = blockIdx.y * bank_tile_y, left = blockIdx.x * bank_tile_x - bank_radius;
  int thread = threadIdx.y * bank_tile_x + threadIdx.x;
  for (int i = thread; i < bank_tile_y * columns; i += bank_tile_x * bank_tile_y) {
    int y = top + i / columns, x = bank_reflect(left + i % columns, w);
    if (y >= h) continue;
    for (int c = 0; c < 3; ++c) {
      auto sample = [&](int at) { return image[(static_cast<int64_t>(bank_reflect(at, h)) * w + x) * 3 + c]; };
      float sum = __fmul_rn(row.weight_y[0], sample(y));
      for (int k = 1; k <= row.radius_y; ++k) {
        sum = __fadd_rn(sum, __fmul_rn(row.weight_y[k], __fadd_rn(sample(y - k), sample(y + k))));
      }
      tile.pixels[i / columns][i % columns * 3 + c] = sum;
    }
  }
}

__device__ static float bank_across(const float* pixel, const BankRow& row) {
  float sum = __fmul_rn(row.weight_x[0], pixel[0]);
  for (int k = 1; k <= row.radius_x; ++k) {
    sum = __fadd_rn(sum, __fmul_rn(row.weight_x[k], __fadd_rn(pixel[-3 * k], pixel[3 * k])));
  }
  return bank_level(sum);
}

__device__ static float bank_sharpen(const float* pixel, int64_t line, bool frame, float factor) {
  float x = pixel[0];
  if (frame) return bank_level(x);
  auto column = [&](int64_t at) { return __fadd_rn(__fadd_rn(pixel[at - line], pixel[at]), pixel[at + line]); };
  float sum = __fadd_rn(__fadd_rn(column(-3), column(0)), column(3));
  float smooth = __fmul_rn(__fadd_rn(sum, __fmul_rn(4.0f, x)), 1.0f / 13.0f);
  return bank_level(__fadd_rn(x, __fmul_rn(factor - 1.0f, x - smooth)));
}

__device__ static float bank_enlarge(const float* image, const int* tables, int y, int x, int c, int h, int w, int lw) {
  const int* index_y = tables + y * 4;
  const float* weight_y = reinterpret_cast<const float*>(tables + h * 4) + y * 4;
  const int* index_x = tables + h * 8 + x * 4;
  const float* weight_x = reinterpret_cast<const float*>(tables + h * 8 + w * 4) + x * 4;
  float sum = 0.0f;
  for (int k = 0; k < 4; ++k) {
    float down = 0.0f;
    for (int i = 0; i < 4; ++i) {
      down =
          __fadd_rn(down, __fmul_rn(weight_y[i], image[(static_cast<int64_t>(index_y[i]) * lw + index_x[k]) * 3 + c]));
    }
    sum = __fadd_rn(sum, __fmul_rn(weight_x[k], down));
  }
  return fminf(fmaxf(sum, 0.0f), 1.0f);
}

// The calling thread's pixel of the result; every thread of the block calls it.
__device__ static void bank_pixel(const float* hr, const float* lr, const BankRow& row, const int* tables, int h, int w,
                                  int lh, int lw, float (&value)[3]) {
  __shared__ BankTile tile;
  const float* image = hr + static_cast<int64_t>(row.source) * h * w * 3;
  if (row.kind == 2) {  // the same for all threads of a block
    bank_down(tile, image, row, h, w);
    __syncthreads();
  }
  int x = blockIdx.x * bank_tile_x + threadIdx.x, y = blockIdx.y * bank_tile_y + threadIdx.y;
  if (x >= w || y >= h) return;
  int64_t line = static_cast<int64_t>(w) * 3;
  bool frame = x == 0 || y == 0 || x == w - 1 || y == h - 1;
  for (int c = 0; c < 3; ++c) {
    const float* pixel = image + y * line + x * 3 + c;
    if (row.kind == 0) value[c] = pixel[0];
    if (row.kind == 1) value[c] = bank_sharpen(pixel, line, frame, row.factor);
    if (row.kind == 2) value[c] = bank_across(&tile.pixels[threadIdx.y][(threadIdx.x + bank_radius) * 3 + c], row);
    if (row.kind == 3) {
      value[c] = bank_enlarge(lr + static_cast<int64_t>(row.source) * lh * lw * 3, tables, y, x, c, h, w, lw);
    }
  }
}

extern "C" __global__ void direct_bank_forward(const float* hr, const float* lr, const int* plan, const int* tables,
                                               float* y, int rows, int n, int h, int w, int lh, int lw) {
  const BankRow& row = reinterpret_cast<const BankRow*>(plan)[blockIdx.z];
  if (static_cast<int>(blockIdx.z) >= rows || row.source >= n || row.kind == 4)
    return;  // all threads of a block, or none
  float value[3];
  bank_pixel(hr, lr, row, tables, h, w, lh, lw, value);
  int column = blockIdx.x * bank_tile_x + threadIdx.x, line = blockIdx.y * bank_tile_y + threadIdx.y;
  if (column >= w || line >= h) return;
  float* to = y + ((static_cast<int64_t>(blockIdx.z) * h + line) * w + column) * 3;
  for (int c = 0; c < 3; ++c) to[c] = value[c];
}
KERNEL(direct_bank_forward, bank_tile_x, bank_tile_y, 1)

template <class T>
__device__ static void bank_haar(const float* hr, const float* lr, const int* plan, const int* tables, T* y, int rows,
                                 int n, int h, int w, int lh, int lw) {
  __shared__ float made[bank_tile_y][bank_tile_x * 3];
  const BankRow& row = reinterpret_cast<const BankRow*>(plan)[blockIdx.z];
  if (static_cast<int>(blockIdx.z) >= rows || row.source >= n || row.kind == 4)
    return;  // all threads of a block, or none
  float value[3];
  bank_pixel(hr, lr, row, tables, h, w, lh, lw, value);
  int column = blockIdx.x * bank_tile_x + threadIdx.x, line = blockIdx.y * bank_tile_y + threadIdx.y;
  bool inside = column < w && line < h;
  for (int c = 0; inside && c < 3; ++c) made[threadIdx.y][threadIdx.x * 3 + c] = value[c];
  __syncthreads();
  if (!inside || threadIdx.x % 2 != 0 || threadIdx.y % 2 != 0) return;
  float bands[haar_bands];
  haar_forward(&made[threadIdx.y][threadIdx.x * 3], &made[threadIdx.y + 1][threadIdx.x * 3], bands);
  store_bands(y, blockIdx.z, static_cast<int64_t>(h / 2) * (w / 2),
              static_cast<int64_t>(line / 2) * (w / 2) + column / 2, bands);
}

extern "C" __global__ void direct_bank_haar(const float* hr, const float* lr, const int* plan, const int* tables,
                                            float* y, int rows, int n, int h, int w, int lh, int lw) {
  bank_haar(hr, lr, plan, tables, y, rows, n, h, w, lh, lw);
}
KERNEL(direct_bank_haar, bank_tile_x, bank_tile_y, 1)

extern "C" __global__ void direct_bank_haar_bf16(const float* hr, const float* lr, const int* plan, const int* tables,
                                                 bf16* y, int rows, int n, int h, int w, int lh, int lw) {
  bank_haar(hr, lr, plan, tables, y, rows, n, h, w, lh, lw);
}
KERNEL(direct_bank_haar_bf16, bank_tile_x, bank_tile_y, 1)
