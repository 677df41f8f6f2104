// A bank of filters by their transfer functions. spectral_bank_planes splits RGB patches into planes; the device's real
// Fourier transform makes half spectra of them; spectral_bank_forward multiplies these by all transfer functions in one
// launch; the inverse transform makes planes again; spectral_bank_finish clamps to 0 .. 1, rounds to 8-bit levels (ties
// to even) and writes RGB. Products and sums are rounded one by one in one order, so every device gives the same bits.
//   x         [n, 3, h, w] as float[n][h][w][3]
//   planes    float[n][3][h][w], or of all rows: float[rows][3][h][w]
//   spectra   complex float[n][3][h][half], half = w / 2 + 1
//   products  complex float[rows][3][h][half]
//   plan      rows of SpectralRow
//   profiles  float[2 filters][h + half]: of each low-pass its response along the rows' axis, then along the columns'
#include "common.cuh"

struct SpectralRow {
  int source;     // the image it is made from
  int target;     // the image of y that it becomes
  int profile;    // the first of two low-passes A, B
  float gain[3];  // the transfer function is gain[0] + gain[1] A + gain[2] B
  int unused[2];
};

// One thread: one pixel. Items: n * h * w; block 256.
extern "C" __global__ void spectral_bank_planes(const float* x, float* planes, int n, int h, int w) {
  int64_t i = global_index();
  int64_t area = static_cast<int64_t>(h) * w;
  if (i >= n * area) return;
  for (int c = 0; c < 3; ++c) planes[(i / area * 3 + c) * area + i % area] = x[i * 3 + c];
}
KERNEL(spectral_bank_planes, 256, 1, 1)

// One thread: one frequency of one row's three channels. Items: half, h, rows; block 64 x 4.
extern "C" __global__ void spectral_bank_forward(const float* spectra, const int* plan, const float* profiles,
                                                 float* products, int rows, int n, int h, int half) {
  int u = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  int v = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
  const SpectralRow& row = reinterpret_cast<const SpectralRow*>(plan)[blockIdx.z];
  if (u >= half || v >= h || static_cast<int>(blockIdx.z) >= rows || row.source >= n) return;
  float factor = row.gain[0];
  for (int k = 0; k < 2; ++k) {
    const float* profile = profiles + static_cast<int64_t>(row.profile + k) * (h + half);
    factor = __fadd_rn(factor, __fmul_rn(row.gain[k + 1], __fmul_rn(profile[v], profile[h + u])));
  }
  for (int c = 0; c < 3; ++c) {
    int64_t from = ((static_cast<int64_t>(row.source) * 3 + c) * h + v) * half + u;
    int64_t to = ((static_cast<int64_t>(blockIdx.z) * 3 + c) * h + v) * half + u;
    products[2 * to] = __fmul_rn(factor, spectra[2 * from]);
    products[2 * to + 1] = __fmul_rn(factor, spectra[2 * from + 1]);
  }
}
KERNEL(spectral_bank_forward, 64, 4, 1)

// One thread: one pixel. Items: rows * h * w; block 256.
extern "C" __global__ void spectral_bank_finish(const float* planes, const int* plan, float* y, int rows, int h,
                                                int w) {
  int64_t i = global_index();
  int64_t area = static_cast<int64_t>(h) * w;
  if (i >= rows * area) return;
  int64_t row = i / area, pixel = i % area;
  float* to = y + (reinterpret_cast<const SpectralRow*>(plan)[row].target * area + pixel) * 3;
  for (int c = 0; c < 3; ++c) {
    float scaled = fminf(fmaxf(__fmul_rn(planes[(row * 3 + c) * area + pixel], 255.0f), 0.0f), 255.0f);
    to[c] = rintf(scaled) / 255.0f;
  }
}
KERNEL(spectral_bank_finish, 256, 1, 1)
